package org.mooring.hook.daemon;

import java.util.Locale;

/** What is counted on a guest's port, in the order of {@code enum counter} in guest_port.bpf.c. */
enum PortCounter {
    REDIRECTED_TO_ROUTER,
    ARP_ANSWERED,
    FOREIGN_AGENT_ANSWERED,
    OWN_ARP_HELD_BACK,
    BROADCAST_HELD_BACK,
    OTHER_SOURCE_HELD_BACK,
    HELD_BACK_WITHOUT_ROUTER,
    DHCP_RELAYED,
    DHCP_HELD_BACK,
    SHUT_FROM_GUEST,
    REPLY_TAKEN,
    BROADCAST_OPENED,
    ARP_KEPT_AWAY,
    ADDRESS_CONFLICT_KEPT_AWAY,
    REDIRECT_KEPT_AWAY,
    ADVERTISEMENT_KEPT_AWAY,
    DHCP_ANSWERED,
    DHCP_KEPT_AWAY,
    OTHER_KEPT_AWAY,
    SHUT_TO_GUEST;

    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
