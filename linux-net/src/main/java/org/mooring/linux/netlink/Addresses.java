package org.mooring.linux.netlink;

import java.nio.ByteBuffer;
import java.util.List;
import org.mooring.linux.KernelException;
import org.mooring.linux.libc.Syscall;

/** The addresses of this machine's interfaces. They are the operator's: nothing here changes them. */
public final class Addresses {
    private static final int RTM_GETADDR = 22;
    private static final int IFA_LOCAL = 2;
    private static final int BODY_LENGTH = 8; // struct ifaddrmsg

    private final NetlinkSocket socket;

    Addresses(NetlinkSocket socket) {
        this.socket = socket;
    }

    public List<InterfaceAddress> dump() throws KernelException {
        NetlinkMessage question = new NetlinkMessage(RTM_GETADDR, 0)
                .octets(Syscall.AF_INET, 0, 0, 0)
                .word(0);
        return socket.dump(question, "list the addresses", Addresses::read);
    }

    private static InterfaceAddress read(ByteBuffer body) {
        int prefixLength = body.get(1) & 0xff;
        int index = body.getInt(4);
        Attributes attributes = Attributes.of(body.position(BODY_LENGTH));
        return new InterfaceAddress(index, attributes.address(IFA_LOCAL).orElseThrow(), prefixLength);
    }
}
