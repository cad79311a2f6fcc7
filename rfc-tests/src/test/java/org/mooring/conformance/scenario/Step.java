package org.mooring.conformance.scenario;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import org.mooring.hook.Happening;
import org.mooring.protocol.wire.ControlMessage;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.runtime.config.ConfigException;
import org.mooring.runtime.config.ConfigReader;
import org.mooring.runtime.config.Section;

/**
 * What happens at one time: {@code NN-in-WORDS.toml}.
 *
 * @param at time passes until then, with all that is due
 * @param inputs in the order of the methods below, and of the file within each
 */
record Step(Instant at, List<Input> inputs) {
    /** Something from outside. */
    interface Input {
        void happen(World world, Path folder) throws ConfigException;
    }

    /** The next {@code count} datagrams on that way are lost. */
    record Loss(String from, String to, int count) {}

    static Step read(Path file) throws ConfigException {
        return ConfigReader.read(file, Step::read);
    }

    private static Step read(Section root) {
        var inputs = new ArrayList<Input>();
        root.tables("clock").forEach(section -> inputs.add(clock(section)));
        root.tables("configure").forEach(section -> inputs.add(configure(section)));
        root.tables("restart").forEach(section -> inputs.add(restart(section)));
        root.tables("loss").forEach(section -> inputs.add(loss(section)));
        root.tables("refusal").forEach(section -> inputs.add(refusal(section)));
        root.tables("guest").forEach(section -> inputs.add(guest(section)));
        root.tables("datagram").forEach(section -> inputs.add(datagram(section)));
        root.tables("unreachable").forEach(section -> inputs.add(unreachable(section)));
        var at = root.parsed("at", "a time such as \"12:00:00\"", LocalTime.MIDNIGHT, Step::time);
        return new Step(World.DAY.plusNanos(at.toNanoOfDay()), inputs);
    }

    private static LocalTime time(String text) {
        try {
            return LocalTime.parse(text);
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(e);
        }
    }

    /** How far a party's clock is ahead from now on, in milliseconds. */
    private static Input clock(Section section) {
        var party = section.string("party");
        var ahead = Duration.ofMillis(section.integer("ahead", -1_000_000, 1_000_000));
        return (world, folder) -> world.party(party).setAhead(ahead);
    }

    private static Input configure(Section section) {
        var party = section.string("party");
        var file = section.string("file");
        return (world, folder) -> world.party(party).configure(folder.resolve(file));
    }

    private static Input restart(Section section) {
        var party = section.string("party");
        return (world, folder) -> world.party(party).restart();
    }

    private static Input loss(Section section) {
        var loss = new Loss(section.string("from"), section.string("to"), section.integer("count", 1, 100, 1));
        return (world, folder) -> world.lose(loss);
    }

    private static Input refusal(Section section) {
        var party = section.string("party");
        var action = section.string("action");
        var why = section.string("why");
        return (world, folder) -> world.party(party).refuse(action, why);
    }

    private static Input guest(Section section) {
        var host = section.string("host");
        var name = section.string("name");
        var happening = section.choice("happens", Happening.RUNNING);
        return (world, folder) -> ((HostParty) world.party(host)).happens(name, happening);
    }

    /** From outside: a sender that is no party, or an attacker. */
    private static Input datagram(Section section) {
        var sender = section.string("sender");
        var link = section.optionalString("link");
        var mac = section.optionalMac("mac");
        int ttl = section.integer("ttl", 1, 255, 64);
        var datagram = new Datagram(
                section.address("source"),
                section.integer("source-port", 1, 0xffff, ControlMessage.PORT),
                section.parsed("destination", "an address", Ipv4Address.UNSPECIFIED, Ipv4Address::of),
                section.integer("destination-port", 1, 0xffff, ControlMessage.PORT),
                link.map(name -> new Datagram.Frame(
                        name, Octets.ofHex("%012x".formatted(mac.orElseThrow().bits())), ttl)),
                section.parsed("octets", "hexadecimal digits, and comments after #", Octets.EMPTY, Step::octets));
        return (world, folder) -> world.send(sender, datagram);
    }

    private static Octets octets(String text) {
        return Octets.ofHex(text.replaceAll("#.*", ""));
    }

    private static Input unreachable(Section section) {
        var foreignAgent = section.string("foreign-agent");
        var homeAgent = section.address("home-agent");
        int code = section.integer("code", 0, 255);
        return (world, folder) -> ((ForeignAgentParty) world.party(foreignAgent)).unreachable(homeAgent, code);
    }
}
