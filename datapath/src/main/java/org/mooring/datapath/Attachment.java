package org.mooring.datapath;

import org.mooring.linux.Interface;
import org.mooring.linux.bpf.BpfProgram;
import org.mooring.linux.netlink.Filter.Direction;

/**
 * Where a program has its place.
 *
 * @param handle tells it from other programs of the agent at the same place, which an interface that is uplink and visitor link has
 */
record Attachment(Interface link, Direction direction, int handle, BpfProgram program) {
    private static final int LAST = 7;

    /** So far behind the agent's other programs is the last one, and so behind those of the other agents. */
    private static final int FAR_BEHIND = 3;

    /** @param ofAgent where the agent's other programs are */
    static int preference(int handle, int ofAgent) {
        return handle == LAST ? ofAgent + FAR_BEHIND : ofAgent;
    }

    static Attachment encapsulate(Interface device, Programs programs) {
        return new Attachment(device, Direction.EGRESS, 1, programs.encapsulate());
    }

    /** @param uplink or the agent's device, for what came by {@link SlowPath} */
    static Attachment decapsulate(Interface uplink, Programs programs) {
        return new Attachment(uplink, Direction.INGRESS, 2, programs.decapsulate(uplink));
    }

    static Attachment markVisitor(Interface visitorLink, Programs programs) {
        return new Attachment(visitorLink, Direction.INGRESS, 3, programs.markVisitor());
    }

    static Attachment clampAtHome(Interface homeLink, Direction direction, Programs programs) {
        return new Attachment(homeLink, direction, 4, programs.clampAtHome());
    }

    static Attachment segmented(Segmenter segmenter, Programs programs) {
        return new Attachment(segmenter.exit(), Direction.INGRESS, 6, programs.segmented());
    }

    /** @param link with Ethernet headers */
    static Attachment encapsulateAtIngress(Interface link, Programs programs) {
        return new Attachment(link, Direction.INGRESS, LAST, programs.encapsulateAtIngress());
    }

    static Attachment release(Interface room, Programs programs) {
        return new Attachment(room, Direction.INGRESS, 5, programs.release());
    }
}
