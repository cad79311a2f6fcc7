package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_A;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.relayed;
import static org.mooring.home.HomeNetwork.signed;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverExtension.Previous;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.ReplyCode;

@DisplayName("docs/handover.md, \"Co-located care-of address\": a host that is its guest's tunnel end")
class CoLocatedTest {
    private static final int ENTERPRISE = HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;
    private static final HandoverId ID = new HandoverId(7);
    private static final Ipv4Address HOST = Ipv4Address.of("192.0.2.77");
    private static final Endpoint FROM_HOST = new Endpoint(HOST, 434);
    private static final Flags D_AND_T = Flags.DECAPSULATION_BY_MOBILE_NODE.plus(Flags.REVERSE_TUNNELING);

    private final HomeNetwork network = new HomeNetwork();

    @Test
    void registersWithoutAnAssociationWithTheHost() {
        receive(300);
        assertEquals(ReplyCode.ACCEPTED, network.code());
        assertEquals(List.of(HOST), network.careOfAddresses());
    }

    @Test
    @DisplayName("whoever decapsulates is told from where packets may be redirected")
    void tellsTheHookThePreviousCareOfAddress() {
        network.register(300);
        Ipv4Address previous = network.careOfAddresses().get(0);
        network.pass(Duration.ofSeconds(1));
        network.actions();
        receive(60, new Prepare(ID, 60));
        RegistrationReply reply = network.reply();
        assertEquals(List.of(new Staged(ID, HOST, 60)), said(reply, Staged.class));
        assertEquals(List.of(new Previous(previous)), said(reply, Previous.class));
    }

    @Test
    void aGuestThatWasAtHomeHasItsHomeAddressForPrevious() {
        receive(60, new Prepare(ID, 60));
        assertEquals(List.of(new Previous(HOME_ADDRESS)), said(network.reply(), Previous.class));
    }

    @Test
    void isCommittedToFromASiteWithAForeignAgentAndBack() {
        network.register(300);
        Ipv4Address siteA = network.careOfAddresses().get(0);
        network.pass(Duration.ofSeconds(1));
        receive(60, new Prepare(ID, 60));
        network.pass(Duration.ofSeconds(1));
        network.receive(
                FOREIGN_AGENT_A, relayed(network.request(HomeNetwork.T, 300, siteA, extensions(new Commit(ID)))));
        assertEquals(List.of(HOST), network.careOfAddresses());
        network.pass(Duration.ofSeconds(1));
        network.receive(
                FOREIGN_AGENT_A,
                relayed(network.request(HomeNetwork.T, 60, siteA, extensions(new Prepare(new HandoverId(8), 60)))));
        network.pass(Duration.ofSeconds(1));
        receive(300, new Commit(new HandoverId(8)));
        assertEquals(List.of(siteA), network.careOfAddresses());
    }

    private void receive(int lifetime, HandoverExtension... extensions) {
        network.receive(FROM_HOST, signed(network.request(D_AND_T, lifetime, HOST, extensions(extensions))));
    }

    private static <E extends HandoverExtension> List<E> said(RegistrationReply reply, Class<E> kind) {
        return HandoverRequest.covered(reply.extensions()).stream()
                .flatMap(extension -> HandoverExtension.of(extension, ENTERPRISE).stream())
                .filter(kind::isInstance)
                .map(kind::cast)
                .toList();
    }

    private static Extension[] extensions(HandoverExtension... extensions) {
        return Stream.of(extensions)
                .map(extension -> extension.toExtension(ENTERPRISE))
                .toArray(Extension[]::new);
    }
}
