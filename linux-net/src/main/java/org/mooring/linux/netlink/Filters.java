package org.mooring.linux.netlink;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.mooring.linux.Errno;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.bpf.BpfProgram;
import org.mooring.linux.netlink.Filter.Direction;

/**
 * BPF programs that see each packet of a device: cls_bpf filters at clsact, direct-action (tc-bpf(8)). They stay when the process that made
 * them ends.
 */
public final class Filters {
    private static final int RTM_NEWQDISC = 36;
    private static final int RTM_GETQDISC = 38;
    private static final int RTM_NEWTFILTER = 44;
    private static final int RTM_DELTFILTER = 45;
    private static final int RTM_GETTFILTER = 46;

    private static final int TCA_KIND = 1;
    private static final int TCA_OPTIONS = 2;
    private static final int TCA_BPF_FD = 6;
    private static final int TCA_BPF_NAME = 7;
    private static final int TCA_BPF_FLAGS = 8;
    private static final int TCA_BPF_ID = 11;
    private static final int TCA_BPF_FLAG_ACT_DIRECT = 1;

    private static final String CLSACT = "clsact";
    private static final int CLSACT_HANDLE = 0xffff_0000;
    private static final int CLSACT_PARENT = 0xffff_fff1;

    private static final String CLS_BPF = "bpf";
    private static final int ETH_P_ALL = 0x0003;
    private static final int BODY_LENGTH = 20; // struct tcmsg

    /** With no clsact there, or no device, there is no filter either. */
    private static final Set<Errno> GONE = Set.of(Errno.ENOENT, Errno.EINVAL, Errno.ENODEV);

    private final NetlinkSocket socket;

    Filters(NetlinkSocket socket) {
        this.socket = socket;
    }

    /**
     * Makes {@code program} the filter with this preference and handle, which replaces one that is there in one step: no packet meets both,
     * or neither. The filter keeps the program after it was closed.
     *
     * @param program stays open during the call
     */
    public void ensure(Interface link, Direction direction, int preference, int handle, BpfProgram program)
            throws KernelException {
        ensureClsact(link);
        int descriptor = Math.toIntExact(program.use(fd -> fd));
        NetlinkMessage message = name(RTM_NEWTFILTER, NetlinkMessage.NLM_F_CREATE, link, direction, preference, handle)
                .nest(
                        TCA_OPTIONS,
                        options -> options.attribute(TCA_BPF_FD, descriptor)
                                .attribute(TCA_BPF_NAME, program.name())
                                .attribute(TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT));
        socket.execute(List.of(new Request(message, "set " + describe(link, direction, preference, handle))));
    }

    /** Makes the filter with this preference and handle be gone. */
    public void remove(Interface link, Direction direction, int preference, int handle) throws KernelException {
        socket.execute(List.of(new Request(
                name(RTM_DELTFILTER, 0, link, direction, preference, handle),
                "remove " + describe(link, direction, preference, handle),
                GONE)));
    }

    /** The BPF filters of a device in one direction, whoever made them. */
    public List<Filter> dump(Interface link, Direction direction) throws KernelException {
        return socket
                .dump(
                        message(RTM_GETTFILTER, 0, link.index(), 0, direction.parent, 0),
                        "list the filters of " + link.name(),
                        body -> read(body, direction))
                .stream()
                .flatMap(List::stream)
                .toList();
    }

    private void ensureClsact(Interface link) throws KernelException {
        NetlinkMessage message = message(
                        RTM_NEWQDISC,
                        NetlinkMessage.NLM_F_CREATE | NetlinkMessage.NLM_F_EXCL,
                        link.index(),
                        CLSACT_HANDLE,
                        CLSACT_PARENT,
                        0)
                .attribute(TCA_KIND, CLSACT);
        String operation = "add qdisc clsact to " + link.name();
        socket.execute(List.of(new Request(message, operation, Set.of(Errno.EEXIST))));
        String kind = kindAtClsact(link);
        if (!kind.equals(CLSACT)) {
            throw new KernelException(
                    operation,
                    Errno.EEXIST,
                    "qdisc " + kind + " is in its place; tc qdisc del dev " + link.name() + " " + kind);
        }
    }

    /** A dump, because the kernel has no answer to a question for one qdisc but to those who listen for changes. */
    private String kindAtClsact(Interface link) throws KernelException {
        return socket
                .dump(
                        message(RTM_GETQDISC, 0, link.index(), 0, 0, 0),
                        "list the qdiscs of " + link.name(),
                        body -> body.getInt(4) == link.index() && body.getInt(12) == CLSACT_PARENT
                                ? Attributes.of(body.position(BODY_LENGTH)).text(TCA_KIND)
                                : "")
                .stream()
                .filter(kind -> !kind.isEmpty())
                .findFirst()
                .orElse("");
    }

    private static NetlinkMessage name(
            int type, int flags, Interface link, Direction direction, int preference, int handle) {
        int allProtocols = ETH_P_ALL << 8; // in network byte order
        return message(type, flags, link.index(), handle, direction.parent, (preference << 16) | allProtocols)
                .attribute(TCA_KIND, CLS_BPF);
    }

    private static NetlinkMessage message(int type, int flags, int index, int handle, int parent, int information) {
        return new NetlinkMessage(type, flags)
                .octets(0, 0)
                .half(0)
                .word(index)
                .word(handle)
                .word(parent)
                .word(information);
    }

    /** Empty for another kind of filter, and for the head of a list of filters, which has no handle. */
    private static List<Filter> read(ByteBuffer body, Direction direction) {
        int handle = body.getInt(8);
        int preference = body.getInt(16) >>> 16;
        Attributes attributes = Attributes.of(body.position(BODY_LENGTH));
        if (handle == 0 || !attributes.text(TCA_KIND).equals(CLS_BPF)) {
            return List.of();
        }
        Attributes options = attributes.nested(TCA_OPTIONS);
        return List.of(new Filter(direction, preference, handle, options.text(TCA_BPF_NAME), options.word(TCA_BPF_ID)));
    }

    private static String describe(Interface link, Direction direction, int preference, int handle) {
        return direction.name().toLowerCase(Locale.ROOT) + " filter pref " + preference + " handle " + handle + " of "
                + link.name();
    }
}
