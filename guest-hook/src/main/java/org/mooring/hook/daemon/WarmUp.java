package org.mooring.hook.daemon;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.mooring.hook.Action;
import org.mooring.hook.Action.SendRequest;
import org.mooring.hook.Associations;
import org.mooring.hook.Event;
import org.mooring.hook.ForeignAgent;
import org.mooring.hook.Guest;
import org.mooring.hook.GuestHook;
import org.mooring.hook.Happening;
import org.mooring.hook.HomeGateway;
import org.mooring.hook.Link;
import org.mooring.linux.MacAddress;
import org.mooring.linux.TransmitCounters;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.linux.packet.UdpPacket;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.ReplyCode;

/**
 * Moves a guest that there isn't, again and again, on a hook of its own, and sends nothing. The first real guest to
 * resume finds the classes loaded and the code compiled: on a cold JVM its registration would leave late.
 */
final class WarmUp {
    private static final int MOVES = Integer.getInteger("mooring.warm-up-rounds", 300);

    private static final int FRAMES = 20;

    private static final Ipv4Address HOME_ADDRESS = Ipv4Address.of("192.0.2.1");
    private static final Ipv4Address HOME_AGENT = Ipv4Address.of("192.0.2.2");
    private static final ForeignAgent FOREIGN_AGENT =
            new ForeignAgent(Ipv4Address.of("198.51.100.1"), Ipv4Address.of("198.51.100.2"));
    private static final MacAddress MAC = MacAddress.of("02:00:00:00:00:01");
    private static final String NAME = "nobody";
    private static final int ENTERPRISE_NUMBER = HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;
    private static final HandoverId HANDOVER = new HandoverId(1);

    /** PREPARE, CONFIRM, ARM and COMMIT leave in this course. */
    private static final List<Happening> MOVE = List.of(
            Happening.ARRIVING,
            Happening.RUNNING,
            Happening.MIGRATION_STARTED,
            Happening.STOPPED,
            Happening.MIGRATION_COMPLETED);

    private final SecurityAssociation association = new SecurityAssociation(
            256, new Key(Octets.of(new byte[16])), Algorithm.HMAC_MD5, SecurityAssociation.DEFAULT_TOLERANCE);

    /** Takes some hundred milliseconds. */
    void run(Instant now) {
        Guest guest = new Guest(
                NAME,
                MAC,
                HOME_ADDRESS,
                HOME_AGENT,
                false,
                new HomeGateway(HOME_AGENT, MAC),
                false,
                Optional.empty(),
                300,
                Associations.with(association),
                null);
        GuestHook hook = new GuestHook(new Link(HOME_AGENT, FOREIGN_AGENT), List.of(guest), ENTERPRISE_NUMBER, () -> 0);
        Instant at = now;
        for (int i = 0; i < MOVES; i++) {
            for (Happening what : MOVE) {
                at = at.plusSeconds(1); // PREPARE and ARM would wait for that (RFC 3344 §3.6.3).
                for (Action action : hook.handle(new Event.Happened(at, NAME, what))) {
                    if (action instanceof SendRequest request) {
                        hook.handle(new Event.ReplyReceived(at, exchange(request, at)));
                    }
                }
            }
            rescue(guest, at);
        }
    }

    /** Frames that came to the guest's tap too late. */
    private static void rescue(Guest guest, Instant at) {
        KeptFrames kept = new KeptFrames(FRAMES, 1 << 20);
        TransmitCounters none = new TransmitCounters(0, 0);
        kept.compare(none, at);
        ByteBuffer octets = Ipv4Packet.of(
                        HOME_AGENT.toInet(), HOME_ADDRESS.toInet(), Ipv4Packet.UDP, 64, ByteBuffer.allocate(FRAMES))
                .toFrame(MAC, MAC)
                .toOctets();
        for (int i = 0; i < FRAMES; i++) {
            kept.add(new ReceivedFrame(1, ReceivedFrame.Type.OUTGOING, at, true, octets));
        }
        int[] sent = {0};
        Rescuer rescuer = new AgentRescuer(guest, HANDOVER, HOME_AGENT, ENTERPRISE_NUMBER, (to, payload) -> sent[0]++);
        kept.unread(none, at).frames().forEach(rescuer::rescue);
        rescuer.end();
        if (sent[0] != FRAMES + 1) {
            throw new AssertionError("sent " + sent[0] + " messages for " + FRAMES + " frames");
        }
    }

    /** What would go over the wire, both ways. */
    private Decoded exchange(SendRequest sent, Instant at) {
        var request = sent.request();
        Octets octets = sent.octets();
        ByteBuffer frame = new UdpPacket(
                        HOME_ADDRESS.toInet(),
                        Uplink.MOBILE_IP_PORT,
                        HOME_AGENT.toInet(),
                        Uplink.MOBILE_IP_PORT,
                        255,
                        ByteBuffer.wrap(octets.toByteArray()))
                .toIpv4()
                .toFrame(MAC, MAC)
                .toOctets();
        if (frame.remaining() < octets.length()) {
            throw new AssertionError("a frame is longer than what it carries");
        }
        var reply = new RegistrationReply(
                ReplyCode.ACCEPTED,
                300,
                HOME_ADDRESS,
                HOME_AGENT,
                request.identification(),
                List.of(
                        new HandoverExtension.Staged(HANDOVER, HOME_ADDRESS, 60).toExtension(ENTERPRISE_NUMBER),
                        new HandoverExtension.Clock(Identification.of(at)).toExtension(ENTERPRISE_NUMBER)));
        return RegistrationCodec.decode(Seal.encode(reply, new Seal(Kind.MOBILE_HOME, association)));
    }
}
