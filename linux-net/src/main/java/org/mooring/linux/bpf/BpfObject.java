package org.mooring.linux.bpf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.mooring.linux.KernelException;

/**
 * The maps and tc programs of one object file, in the kernel. Each function in a section {@code tc}, {@code tc/...} or
 * {@code classifier/...} is a program; maps are in the section {@code .maps}, described as libbpf has it. Everything that a program
 * calls must be inlined, it must have no global variables or constants, and no relocations to the kernel's own types (CO-RE): all that
 * would need more of a loader than these programs do.
 */
public final class BpfObject implements AutoCloseable {
    private static final int LOAD_64_BIT_CONSTANT = 0x18;
    private static final int MAP_BY_DESCRIPTOR = 1;
    private static final int CALL = 0x85;
    private static final int CALL_OF_FUNCTION = 1;

    /** Offsets in {@code struct btf_ext_header}. */
    private static final int EXTENSION_HEADER_LENGTH = 4;

    private static final int EXTENSION_RELOCATIONS_LENGTH = 28;

    private final Map<String, BpfMap> maps = new LinkedHashMap<>();
    private final Map<String, BpfProgram> programs = new LinkedHashMap<>();

    private BpfObject() {}

    /**
     * Loads a file that clang made with {@code -target bpf -g}.
     *
     * @throws InvalidBpfObjectException if no kernel could load it
     * @throws KernelException if this one refuses, with the verifier's last words
     */
    public static BpfObject load(byte[] file) throws IOException {
        return load(file, program -> true, Map.of());
    }

    /**
     * The same, but only programs that are {@code wanted} by their names: to verify one may take a tenth of a second.
     *
     * @param maxEntries of maps, by their names, in the place of what the file says. An empty hash map takes 16 octets of the kernel's memory for each.
     */
    public static BpfObject load(byte[] file, Predicate<String> wanted, Map<String, Integer> maxEntries)
            throws IOException {
        var object = new BpfObject();
        try {
            var elf = new Elf(file);
            refuseKernelTypes(elf);
            object.createMaps(elf, maxEntries);
            object.loadPrograms(elf, wanted);
            return object;
        } catch (IndexOutOfBoundsException e) {
            object.close();
            throw new InvalidBpfObjectException("the object file is cut short or damaged", e);
        } catch (IOException e) {
            object.close();
            throw e;
        }
    }

    /** The map that the source calls {@code name}. */
    public BpfMap map(String name) {
        return known(maps.get(name), "map", name);
    }

    /** The program whose function is {@code name}. */
    public BpfProgram program(String name) {
        return known(programs.get(name), "program", name);
    }

    /** Gives everything back that no filter uses. */
    @Override
    public void close() {
        programs.values().forEach(BpfProgram::close);
        maps.values().forEach(BpfMap::close);
    }

    private static <T> T known(@Nullable T found, String what, String name) {
        if (found == null) {
            throw new IllegalArgumentException("the BPF object has no " + what + " " + name);
        }
        return found;
    }

    /** The offsets in such a program are those of the kernel that it was compiled against. */
    private static void refuseKernelTypes(Elf elf) throws InvalidBpfObjectException {
        var extension = elf.section(".BTF.ext");
        if (extension.isPresent()) {
            var header = ByteBuffer.wrap(elf.content(extension.get())).order(ByteOrder.LITTLE_ENDIAN);
            boolean knowsRelocations = header.getInt(EXTENSION_HEADER_LENGTH) >= EXTENSION_RELOCATIONS_LENGTH + 4;
            if (knowsRelocations && header.getInt(EXTENSION_RELOCATIONS_LENGTH) > 0) {
                throw new InvalidBpfObjectException("the object has CO-RE relocations, which aren't supported");
            }
        }
    }

    private void createMaps(Elf elf, Map<String, Integer> maxEntries) throws IOException {
        var btf = elf.section(".BTF");
        if (btf.isEmpty()) {
            throw new InvalidBpfObjectException("the object has no section .BTF: compile with -g");
        }
        for (var spec : Btf.maps(ByteBuffer.wrap(elf.content(btf.get())))) {
            int most = maxEntries.getOrDefault(spec.name(), spec.maxEntries());
            maps.put(spec.name(), BpfMap.create(spec.withMaxEntries(most)));
        }
    }

    private void loadPrograms(Elf elf, Predicate<String> wanted) throws IOException {
        var license = elf.section("license");
        String licenseText = license.isEmpty() ? "" : Elf.string(ByteBuffer.wrap(elf.content(license.get())), 0);
        for (var symbol : elf.symbols()) {
            if (symbol.type() == Elf.FUNCTION
                    && isProgramSection(elf.section(symbol.section()))
                    && wanted.test(symbol.name())) {
                programs.put(symbol.name(), BpfProgram.load(symbol.name(), instructions(elf, symbol), licenseText));
            }
        }
    }

    private static boolean isProgramSection(Elf.Section section) {
        return section.name().equals("tc")
                || section.name().startsWith("tc/")
                || section.name().startsWith("classifier/");
    }

    /** The function's instructions with each reference to a map turned into the map's descriptor. */
    private byte[] instructions(Elf elf, Elf.Symbol function) throws IOException {
        var section = elf.section(function.section());
        var code = ByteBuffer.wrap(elf.content(section)).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = function.value(); at < function.value() + function.size(); at += 8) {
            if (Byte.toUnsignedInt(code.get(at)) == CALL && (code.get(at + 1) >> 4) == CALL_OF_FUNCTION) {
                throw new InvalidBpfObjectException(
                        function.name() + " calls a function that isn't inlined: declare it static __always_inline");
            }
        }
        for (var relocation : elf.relocationsOf(section)) {
            if (relocation.offset() >= function.value() && relocation.offset() < function.value() + function.size()) {
                relocate(code, relocation, function);
            }
        }
        var instructions = new byte[function.size()];
        code.get(function.value(), instructions);
        return instructions;
    }

    private void relocate(ByteBuffer code, Elf.Relocation relocation, Elf.Symbol function) throws IOException {
        var map = maps.get(relocation.symbol().name());
        if (map == null || code.get(relocation.offset()) != LOAD_64_BIT_CONSTANT) {
            throw new InvalidBpfObjectException(
                    function.name() + " refers to " + relocation.symbol().name() + ", which is no map");
        }
        byte registers = code.get(relocation.offset() + 1);
        code.put(relocation.offset() + 1, (byte) ((registers & 0x0f) | (MAP_BY_DESCRIPTOR << 4)));
        code.putInt(relocation.offset() + 4, (int) map.use(fd -> fd));
    }
}
