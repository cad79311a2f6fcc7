package org.mooring.linux.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The sections, symbols and relocations of a little-endian 64-bit ELF object for BPF. */
final class Elf {
    static final int FUNCTION = 2;

    private static final int MAGIC = 0x464c457f;
    private static final int CLASS_64_LITTLE_ENDIAN = 0x0102;
    private static final int MACHINE_BPF = 247;

    private static final int SYMBOL_TABLE = 2;
    private static final int RELOCATIONS = 9;
    private static final int SYMBOL_SIZE = 24;
    private static final int RELOCATION_SIZE = 16;

    /** @param info for relocations, the section that they change */
    record Section(int index, String name, int type, int offset, int size, int link, int info) {}

    /** @param type {@link #FUNCTION} or another */
    record Symbol(String name, int type, int section, int value, int size) {}

    /** @param offset of the instruction to change, in octets from its section's begin */
    record Relocation(int offset, Symbol symbol) {}

    private final ByteBuffer file;
    private final List<Section> sections = new ArrayList<>();
    private final List<Symbol> symbols = new ArrayList<>();

    Elf(byte[] octets) throws InvalidBpfObjectException {
        file = ByteBuffer.wrap(octets).order(ByteOrder.LITTLE_ENDIAN);
        if (octets.length < 64
                || file.getInt(0) != MAGIC
                || file.getShort(4) != CLASS_64_LITTLE_ENDIAN
                || file.getShort(18) != MACHINE_BPF) {
            throw new InvalidBpfObjectException(
                    "not a little-endian ELF object for BPF: compile with clang -target bpf");
        }
        readSections();
        for (var section : sections) {
            if (section.type() == SYMBOL_TABLE) {
                readSymbols(section);
            }
        }
    }

    Optional<Section> section(String name) {
        return sections.stream().filter(section -> section.name().equals(name)).findFirst();
    }

    Section section(int index) {
        return sections.get(index);
    }

    List<Symbol> symbols() {
        return symbols;
    }

    /** A copy of what the section holds. */
    byte[] content(Section section) {
        var content = new byte[section.size()];
        file.get(section.offset(), content);
        return content;
    }

    List<Relocation> relocationsOf(Section changed) {
        var relocations = new ArrayList<Relocation>();
        for (var section : sections) {
            if (section.type() == RELOCATIONS && section.info() == changed.index()) {
                for (int at = 0; at < section.size(); at += RELOCATION_SIZE) {
                    int symbol = file.getInt(section.offset() + at + 12);
                    relocations.add(new Relocation((int) file.getLong(section.offset() + at), symbols.get(symbol)));
                }
            }
        }
        return relocations;
    }

    static String string(ByteBuffer octets, int offset) {
        int end = offset;
        while (octets.get(end) != 0) {
            end++;
        }
        var text = new byte[end - offset];
        octets.get(offset, text);
        return new String(text, StandardCharsets.UTF_8);
    }

    private void readSections() {
        int table = (int) file.getLong(40);
        int entrySize = Short.toUnsignedInt(file.getShort(58));
        int count = Short.toUnsignedInt(file.getShort(60));
        int names = (int) file.getLong(table + Short.toUnsignedInt(file.getShort(62)) * entrySize + 24);
        for (int i = 0; i < count; i++) {
            int at = table + i * entrySize;
            sections.add(new Section(
                    i,
                    string(file, names + file.getInt(at)),
                    file.getInt(at + 4),
                    (int) file.getLong(at + 24),
                    (int) file.getLong(at + 32),
                    file.getInt(at + 40),
                    file.getInt(at + 44)));
        }
    }

    private void readSymbols(Section table) {
        int names = sections.get(table.link()).offset();
        for (int at = table.offset(); at < table.offset() + table.size(); at += SYMBOL_SIZE) {
            symbols.add(new Symbol(
                    string(file, names + file.getInt(at)),
                    file.get(at + 4) & 0xf,
                    Short.toUnsignedInt(file.getShort(at + 6)),
                    (int) file.getLong(at + 8),
                    (int) file.getLong(at + 16)));
        }
    }
}
