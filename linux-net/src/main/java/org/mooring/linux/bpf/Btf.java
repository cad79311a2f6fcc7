package org.mooring.linux.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The type information in an object's {@code .BTF} section, as far as maps are described by it: each map is a variable in the section
 * {@code .maps} whose type is a structure, and each setting a member whose <em>type</em> carries the value, {@code int (*type)[N]} for a
 * number and {@code T *key} for a type (libbpf's {@code __uint} and {@code __type}).
 */
final class Btf {
    private static final int MAGIC = 0xeb9f;

    private static final int INT = 1;
    private static final int PTR = 2;
    private static final int ARRAY = 3;
    private static final int STRUCT = 4;
    private static final int UNION = 5;
    private static final int ENUM = 6;
    private static final int FWD = 7;
    private static final int TYPEDEF = 8;
    private static final int VOLATILE = 9;
    private static final int CONST = 10;
    private static final int RESTRICT = 11;
    private static final int FUNC = 12;
    private static final int FUNC_PROTO = 13;
    private static final int VAR = 14;
    private static final int DATASEC = 15;
    private static final int FLOAT = 16;
    private static final int DECL_TAG = 17;
    private static final int TYPE_TAG = 18;
    private static final int ENUM64 = 19;

    private static final int POINTER_SIZE = 8;

    /** One type: {@code detail} is where what follows the common twelve octets begins. */
    private record Type(String name, int kind, int entries, int sizeOrType, int detail) {}

    private final ByteBuffer section;
    private final int strings;
    private final List<Type> types = new ArrayList<>();

    private Btf(ByteBuffer section) throws InvalidBpfObjectException {
        this.section = section;
        if (Short.toUnsignedInt(section.getShort(0)) != MAGIC) {
            throw new InvalidBpfObjectException("section .BTF doesn't begin with BTF's magic number");
        }
        int header = section.getInt(4);
        int begin = header + section.getInt(8);
        int end = begin + section.getInt(12);
        strings = header + section.getInt(16);
        types.add(new Type("void", 0, 0, 0, 0));
        for (int at = begin; at < end; ) {
            int info = section.getInt(at + 4);
            var type = new Type(
                    string(section.getInt(at)), (info >>> 24) & 0x1f, info & 0xffff, section.getInt(at + 8), at + 12);
            types.add(type);
            at = type.detail() + detailLength(type);
        }
    }

    /** The maps in the section {@code .maps}, in no particular order. */
    static List<MapSpec> maps(ByteBuffer section) throws InvalidBpfObjectException {
        var btf = new Btf(section.duplicate().order(ByteOrder.LITTLE_ENDIAN));
        var maps = new ArrayList<MapSpec>();
        for (var type : btf.types) {
            if (type.kind() == DATASEC && type.name().equals(".maps")) {
                for (int i = 0; i < type.entries(); i++) {
                    maps.add(btf.map(btf.types.get(btf.section.getInt(type.detail() + 12 * i))));
                }
            }
        }
        return maps;
    }

    private MapSpec map(Type variable) throws InvalidBpfObjectException {
        var settings = new HashMap<String, Integer>();
        var structure = resolve(variable.sizeOrType());
        for (int i = 0; i < structure.entries(); i++) {
            int member = structure.detail() + 12 * i;
            var pointer = resolve(section.getInt(member + 4));
            switch (string(section.getInt(member))) {
                case "key" -> settings.put("key_size", sizeOf(pointer.sizeOrType()));
                case "value" -> settings.put("value_size", sizeOf(pointer.sizeOrType()));
                case "type", "max_entries", "map_flags", "key_size", "value_size" ->
                    settings.put(string(section.getInt(member)), elements(resolve(pointer.sizeOrType())));
                default ->
                    throw new InvalidBpfObjectException("map " + variable.name() + ": setting "
                            + string(section.getInt(member)) + " isn't supported");
            }
        }
        int type = required(settings, variable, "type");
        if (!MapSpec.isSupported(type)) {
            throw new InvalidBpfObjectException("map " + variable.name() + ": type " + type + " isn't supported");
        }
        return new MapSpec(
                variable.name(),
                type,
                required(settings, variable, "key_size"),
                required(settings, variable, "value_size"),
                required(settings, variable, "max_entries"),
                settings.getOrDefault("map_flags", 0));
    }

    private static int required(Map<String, Integer> settings, Type variable, String name)
            throws InvalidBpfObjectException {
        Integer value = settings.get(name);
        if (value == null) {
            throw new InvalidBpfObjectException("map " + variable.name() + " doesn't say its " + name);
        }
        return value;
    }

    /** The type without its qualifiers and other names. */
    private Type resolve(int id) {
        var type = types.get(id);
        return switch (type.kind()) {
            case TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG -> resolve(type.sizeOrType());
            default -> type;
        };
    }

    private int elements(Type array) {
        return section.getInt(array.detail() + 8);
    }

    private int sizeOf(int id) {
        var type = resolve(id);
        return switch (type.kind()) {
            case PTR -> POINTER_SIZE;
            case ARRAY -> elements(type) * sizeOf(section.getInt(type.detail()));
            default -> type.sizeOrType();
        };
    }

    private static int detailLength(Type type) throws InvalidBpfObjectException {
        return switch (type.kind()) {
            case PTR, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC, FLOAT, TYPE_TAG -> 0;
            case INT, VAR, DECL_TAG -> 4;
            case ARRAY -> 12;
            case ENUM, FUNC_PROTO -> 8 * type.entries();
            case STRUCT, UNION, DATASEC, ENUM64 -> 12 * type.entries();
            default -> throw new InvalidBpfObjectException("section .BTF has a type of unknown kind " + type.kind());
        };
    }

    private String string(int offset) {
        return Elf.string(section, strings + offset);
    }
}
