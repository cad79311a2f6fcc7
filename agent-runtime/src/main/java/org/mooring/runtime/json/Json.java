package org.mooring.runtime.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.EnumNamingStrategies;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.FromStringDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.runtime.config.Ipv4Prefix;

/**
 * Records as JSON: names in lower case with hyphens, as in the configuration; addresses, times and octets as the text
 * that people write them in. A property that is not known is ignored, so that an older release reads what a newer one
 * wrote.
 */
public final class Json {
    public static final ObjectMapper MAPPER = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE)
            .enumNamingStrategy(EnumNamingStrategies.KEBAB_CASE)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .addModule(texts())
            .build();

    private Json() {}

    private static SimpleModule texts() {
        SimpleModule module = new SimpleModule("texts");
        add(module, Ipv4Address.class, Ipv4Address::of);
        add(module, Ipv4Prefix.class, Ipv4Prefix::of);
        add(module, MacAddress.class, MacAddress::of);
        add(module, Octets.class, Octets::ofHex);
        add(module, Instant.class, Instant::parse);
        add(module, Duration.class, Duration::parse);
        module.addSerializer(Path.class, ToStringSerializer.instance);
        module.addSerializer(new OptionalSerializer());
        return module;
    }

    private static <T> void add(SimpleModule module, Class<T> type, Function<String, T> parse) {
        module.addSerializer(type, ToStringSerializer.instance);
        module.addDeserializer(type, new FromStringDeserializer<T>(type) {
            @Override
            protected T _deserialize(String text, DeserializationContext context) {
                return parse.apply(text);
            }
        });
    }

    /** What is in it, or null. */
    private static final class OptionalSerializer extends StdSerializer<Optional<?>> {
        OptionalSerializer() {
            super(Optional.class, false);
        }

        @Override
        public void serialize(Optional<?> optional, JsonGenerator json, SerializerProvider provider)
                throws IOException {
            provider.defaultSerializeValue(optional.orElse(null), json);
        }
    }
}
