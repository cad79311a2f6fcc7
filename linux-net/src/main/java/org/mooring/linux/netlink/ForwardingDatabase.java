package org.mooring.linux.netlink;

import java.util.List;
import java.util.Set;
import org.mooring.linux.Errno;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;
import org.mooring.linux.libc.Syscall;

/** Behind which of its ports a bridge looks for a MAC address: what it has learnt, and what it was told (bridge(8), fdb). */
public final class ForwardingDatabase {
    private static final int RTM_NEWNEIGH = 28;
    private static final int RTM_DELNEIGH = 29;

    private static final int NDA_LLADDR = 2;

    /** Static: it isn't forgotten with time. */
    private static final int NUD_NOARP = 0x40;

    private static final int NTF_MASTER = 0x04;

    /** No frame from that address on another port moves it. */
    private static final int NTF_STICKY = 0x40;

    private static final int REPLACE = NetlinkMessage.NLM_F_CREATE | NetlinkMessage.NLM_F_REPLACE;
    private static final Set<Errno> GONE = Set.of(Errno.ENOENT, Errno.ENODEV);

    private final NetlinkSocket socket;

    ForwardingDatabase(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Makes the bridge send what is for {@code mac} to {@code port} only, whatever it has learnt or may learn. */
    public void ensure(Interface port, MacAddress mac) throws KernelException {
        NetlinkMessage message = message(RTM_NEWNEIGH, REPLACE, port, mac);
        socket.execute(List.of(new Request(message, "lead frames for " + mac + " to " + port.name())));
    }

    /** Leaves it to the bridge to learn where {@code mac} is. */
    public void remove(Interface port, MacAddress mac) throws KernelException {
        NetlinkMessage message = message(RTM_DELNEIGH, 0, port, mac);
        socket.execute(List.of(new Request(message, "no longer lead frames for " + mac + " to " + port.name(), GONE)));
    }

    private static NetlinkMessage message(int type, int messageFlags, Interface port, MacAddress mac) {
        return new NetlinkMessage(type, messageFlags)
                .octets(Syscall.AF_BRIDGE, 0)
                .half(0)
                .word(port.index())
                .half(NUD_NOARP)
                .octets(NTF_MASTER | NTF_STICKY, 0)
                .attribute(NDA_LLADDR, mac);
    }
}
