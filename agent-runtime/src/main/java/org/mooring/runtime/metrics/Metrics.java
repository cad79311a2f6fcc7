package org.mooring.runtime.metrics;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.DoubleSupplier;

/** The counters and gauges of one program, for Prometheus. Names get the program's prefix, {@code mooring_home_agent_}. */
public final class Metrics {
    /** The media type of {@link #text()}. */
    public static final String MEDIA_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final String prefix;

    /** Metrics of {@code program}, such as {@code home-agent}. */
    public Metrics(String program) {
        this.prefix = "mooring_" + program.replace('-', '_') + "_";
    }

    /** Something that only grows, such as {@code registrations_denied}; Prometheus sees {@code ..._total}. */
    public Counter counter(String name, String help, String... labels) {
        return Counter.builder()
                .name(prefix + name)
                .help(help)
                .labelNames(labels)
                .register(registry);
    }

    /** How long something took, in seconds, or how large it was. */
    public Histogram histogram(String name, String help, String... labels) {
        return Histogram.builder()
                .name(prefix + name)
                .help(help)
                .labelNames(labels)
                .register(registry);
    }

    /**
     * Something that rises and falls.
     *
     * @param value asked at each {@link #text()}, on the thread that calls it
     */
    public void gauge(String name, String help, DoubleSupplier value) {
        GaugeWithCallback.builder()
                .name(prefix + name)
                .help(help)
                .callback(gauge -> gauge.call(value.getAsDouble()))
                .register(registry);
    }

    /** All of them in Prometheus' text format. */
    public String text() {
        var out = new ByteArrayOutputStream();
        try {
            PrometheusTextFormatWriter.create().write(out, registry.scrape());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }
}
