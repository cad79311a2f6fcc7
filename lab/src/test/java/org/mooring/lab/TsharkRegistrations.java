package org.mooring.lab;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.pcap4j.core.NotOpenException;
import org.pcap4j.core.PcapDumper;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.Pcaps;

/**
 * The registrations in some captures, as tshark reads them: another implementation's word for what is on the wire. Each field of each message is
 * compared with what the testbed's configurations mean (RFC 3344 §3.3, §3.4), and each reply with its request.
 */
final class TsharkRegistrations {
    private static final List<String> FIELDS = List.of(
            "frame.number",
            "frame.time_epoch",
            "ip.src",
            "ip.dst",
            "udp.srcport",
            "udp.dstport",
            "mip.type",
            "mip.flags",
            "mip.life",
            "mip.homeaddr",
            "mip.haaddr",
            "mip.coa",
            "mip.code",
            "mip.ident",
            "mip.auth.spi",
            "mip.rev.hda",
            "mip.rev.fda",
            "_ws.malformed");

    private static final String MOBILE_HOME = "0x00000100";
    private static final String FOREIGN_HOME = "0x00001001";
    private static final String REVERSE_TUNNELING = "0x02";

    /** What a check asks for: that the host, which no guest is registered with, be forgotten as a care-of address of the guest's own. */
    private static final List<String> CHECK = List.of("0x20", "0x22");

    /** RFC 3344 §5.7.1. */
    private static final double AHEAD = 7;

    /** On a busy machine an agent that starts may let a request wait, and pass it on too late. */
    private static final double BEHIND = 60;

    /** Foreign agents' own: the home agent is silent, or there is no way to it. */
    private static final List<String> UNREACHABLE = List.of("78", "80", "81", "82", "88");

    /** Where fields are in a frame with a header of LINUX_SLL2, and none of IPv4's options. */
    private static final int IP = 20;

    private static final int UDP = IP + 20;
    private static final int MESSAGE = UDP + 8;

    /** In AGAIN (docs/handover.md). */
    private static final int REQUEST = MESSAGE + 8;

    private static final String ACCEPTED = "0";
    private static final String IDENTIFICATION_MISMATCH = "133";

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("MMM ppd, yyyy HH:mm:ss.SSSSSSSSS 'UTC'", Locale.ENGLISH);

    private final List<String> unexpected = new ArrayList<>();

    private int visits;
    private int repeated;

    /** By home address and what of the Identification a reply has in any case. */
    private final Map<String, Row> requested = new HashMap<>();

    /** A message. */
    private record Row(List<String> values) {
        String get(String field) {
            return values.get(FIELDS.indexOf(field));
        }

        /** RFC 3344 §5.7.1: the low-order 32 bits are the request's, whatever the time; tshark prints them as a fraction. */
        String key() {
            return get("mip.homeaddr") + get("mip.ident").replaceFirst(".*\\.", " ");
        }

        boolean isBetween(String one, String other) {
            List<String> ends = List.of(get("ip.src"), get("ip.dst"));
            return ends.contains(one) && ends.contains(other);
        }
    }

    /** @param captures of all machines: a reply may arrive where its request wasn't seen */
    TsharkRegistrations(List<Path> captures) {
        List<Row> rows = captures.stream()
                .flatMap(capture -> Stream.concat(read(capture), this.repeated(capture)))
                .toList();
        rows.stream().filter(row -> row.get("mip.type").equals("1")).forEach(row -> requested.put(row.key(), row));
        rows.forEach(this::check);
    }

    private static Stream<Row> read(Path capture) {
        List<Row> rows = rows(capture);
        for (String type : List.of("1", "3")) {
            if (rows.stream().noneMatch(row -> row.get("mip.type").equals(type))) {
                throw new AssertionError("no message of type " + type + " in " + capture);
            }
        }
        return rows.stream();
    }

    /** The requests that left in AGAIN, as if they had not: nobody else reads that message. */
    private Stream<Row> repeated(Path capture) {
        Path requests = capture.resolveSibling(capture.getFileName() + ".again");
        try (PcapHandle frames = Pcaps.openOffline(capture.toString());
                PcapDumper taken = frames.dumpOpen(requests.toString())) {
            for (byte[] frame = frames.getNextRawPacket(); frame != null; frame = frames.getNextRawPacket()) {
                ByteBuffer field = ByteBuffer.wrap(frame);
                if (frame.length > REQUEST
                        && frame[IP + 9] == 17
                        && field.getShort(UDP + 2) == 434
                        && field.getShort(MESSAGE) == (short) 0xff07) {
                    byte[] request = Arrays.copyOf(frame, frame.length - (REQUEST - MESSAGE));
                    System.arraycopy(frame, REQUEST, request, MESSAGE, frame.length - REQUEST);
                    shorten(request, IP + 2);
                    shorten(request, UDP + 4);
                    taken.dumpRaw(request, frames.getTimestamp());
                }
            }
        } catch (PcapNativeException | NotOpenException e) {
            throw new AssertionError(e);
        }
        List<Row> rows = rows(requests);
        repeated += rows.size();
        return rows.stream();
    }

    /** What says how long a packet is. */
    private static void shorten(byte[] frame, int field) {
        ByteBuffer header = ByteBuffer.wrap(frame);
        header.putShort(field, (short) (header.getShort(field) - (REQUEST - MESSAGE)));
    }

    private static List<Row> rows(Path capture) {
        var command = new ArrayList<>(List.of("env", "TZ=UTC", "LC_ALL=C", "tshark", "-n", "-r", capture.toString()));
        // But for the messages beside registration, whose type (RFC 4064) it doesn't know: see repeated().
        command.addAll(List.of("-Y", "udp.port == 434 && !icmp && !(udp.payload[0:1] == 0xff)"));
        command.addAll(List.of("-T", "fields", "-E", "separator=;", "-E", "aggregator=,"));
        for (String field : FIELDS) {
            command.addAll(List.of("-e", field));
        }
        return Command.run(command, "")
                .lines()
                .map(line -> new Row(List.of(line.split(";", -1))))
                .toList();
    }

    /** Accepted requests for a guest that is abroad. */
    int visits() {
        return visits;
    }

    /** Requests that left in AGAIN. */
    int repeated() {
        return repeated;
    }

    /** What isn't as it was meant. */
    List<String> unexpected() {
        return List.copyOf(unexpected);
    }

    private void check(Row row) {
        Optional<Guest> guest = Guest.ALL.stream()
                .filter(known -> known.address().equals(row.get("mip.homeaddr")))
                .findFirst();
        if (guest.isEmpty()) {
            note("nobody's home address", row);
            return;
        }
        expect("_ws.malformed", List.of(""), row);
        switch (row.get("mip.type")) {
            case "1" -> request(guest.get(), row);
            case "3" -> reply(guest.get(), row);
            case "7", "15" -> revocation(guest.get(), row);
            default -> note("no message of a registration", row);
        }
    }

    private void request(Guest guest, Row row) {
        expect("mip.haaddr", List.of(guest.home().routerAddress()), row);
        Site away = guest.home().other();
        boolean visits = row.get("mip.coa").equals(away.careOfAddress());
        if (CHECK.contains(row.get("mip.flags"))) {
            expect("mip.coa", List.of(guest.home().hostAddress(), away.hostAddress()), row);
            expect("mip.life", List.of("0"), row);
        } else if (visits) {
            expect("mip.flags", List.of(REVERSE_TUNNELING), row);
            // The hold time of what is prepared, and the lifetime of a registration.
            expect("mip.life", List.of("60", "300"), row);
        } else {
            expect("mip.coa", List.of(guest.address()), row);
            expect("mip.flags", List.of("0x00"), row);
            expect("mip.life", List.of("0"), row);
        }
        expect("udp.dstport", List.of("434"), row);
        authenticated(guest, row);
        double ahead = seconds(row.get("mip.ident")) - Double.parseDouble(row.get("frame.time_epoch"));
        if (ahead > AHEAD || ahead < -BEHIND) {
            note("its time is " + ahead + " s ahead", row);
        }
    }

    private void reply(Guest guest, Row row) {
        Row request = requested.get(row.key());
        if (request == null) {
            note("answers no request", row);
            return;
        }
        expect("mip.haaddr", List.of(guest.home().routerAddress()), row);
        expect("udp.srcport", List.of("434"), row);
        expect("mip.coa", List.of(""), row);
        switch (row.get("mip.code")) {
            case ACCEPTED -> {
                expect("mip.ident", List.of(request.get("mip.ident")), row);
                expect("mip.life", List.of(request.get("mip.life")), row);
                authenticated(guest, row);
                visits += request.get("mip.coa").equals(guest.home().other().careOfAddress()) ? 1 : 0;
            }
            case IDENTIFICATION_MISMATCH -> authenticated(guest, row);
            default -> {
                expect("mip.code", UNREACHABLE, row);
                expect("mip.ident", List.of(request.get("mip.ident")), row);
                expect("mip.auth.spi", List.of(""), row);
            }
        }
    }

    /** RFC 3543: the home agent tells the old foreign agent, which acknowledges it. */
    private void revocation(Guest guest, Row row) {
        boolean asks = row.get("mip.type").equals("7");
        String homeAgent = guest.home().routerAddress();
        String foreignAgent = guest.home().other().careOfAddress();
        expect("ip.src", List.of(asks ? homeAgent : foreignAgent), row);
        expect("ip.dst", List.of(asks ? foreignAgent : homeAgent), row);
        expect("mip.rev.hda", List.of(asks ? homeAgent : ""), row);
        expect("mip.rev.fda", List.of(asks ? foreignAgent : ""), row);
        expect("mip.auth.spi", List.of(FOREIGN_HOME), row);
    }

    private void authenticated(Guest guest, Row row) {
        String spis = isBetweenAgents(guest, row) ? MOBILE_HOME + "," + FOREIGN_HOME : MOBILE_HOME;
        expect("mip.auth.spi", List.of(spis), row);
    }

    private static boolean isBetweenAgents(Guest guest, Row row) {
        return row.isBetween(guest.home().routerAddress(), guest.home().other().careOfAddress());
    }

    private void expect(String field, List<String> meant, Row row) {
        if (!meant.contains(row.get(field))) {
            note(field + " is none of " + meant, row);
        }
    }

    private void note(String what, Row row) {
        unexpected.add(what + ": " + row);
    }

    private static long seconds(String time) {
        return LocalDateTime.parse(time, TIME).toEpochSecond(ZoneOffset.UTC);
    }
}
