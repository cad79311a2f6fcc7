package org.mooring.linux.netlink;

import java.nio.ByteBuffer;
import java.util.List;
import org.mooring.linux.KernelException;
import org.mooring.linux.libc.Syscall;

/** The addresses of this machine's interfaces. Those of devices that we didn't make are the operator's. */
public final class Addresses {
    private static final int RTM_NEWADDR = 20;
    private static final int RTM_GETADDR = 22;
    private static final int IFA_ADDRESS = 1;
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

    /** Makes this address be there, beside those that the interface has. */
    public void ensure(InterfaceAddress wanted) throws KernelException {
        NetlinkMessage message = new NetlinkMessage(
                        RTM_NEWADDR, NetlinkMessage.NLM_F_CREATE | NetlinkMessage.NLM_F_REPLACE)
                .octets(Syscall.AF_INET, wanted.prefixLength(), 0, 0)
                .word(wanted.interfaceIndex())
                .attribute(IFA_LOCAL, wanted.address())
                .attribute(IFA_ADDRESS, wanted.address());
        String operation = "add address " + wanted.address().getHostAddress() + "/" + wanted.prefixLength()
                + " to link #" + wanted.interfaceIndex();
        socket.execute(List.of(new Request(message, operation)));
    }

    private static InterfaceAddress read(ByteBuffer body) {
        int prefixLength = body.get(1) & 0xff;
        int index = body.getInt(4);
        Attributes attributes = Attributes.of(body.position(BODY_LENGTH));
        return new InterfaceAddress(index, attributes.address(IFA_LOCAL).orElseThrow(), prefixLength);
    }
}
