package org.mooring.linux.netlink;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.mooring.linux.Errno;
import org.mooring.linux.KernelException;

/**
 * A message from the kernel.
 *
 * @param sequence of the request that it answers
 * @param body what follows the header; valid until the socket receives again
 */
record Answer(int type, int flags, int sequence, ByteBuffer body) {
    static final int NLMSG_ERROR = 2;
    static final int NLMSG_DONE = 3;

    private static final int NLM_F_ACK_TLVS = 0x200;
    private static final int NLMSGERR_ATTR_MSG = 1;

    /** Zero also for a message that carries no error. */
    Errno errno() {
        boolean carriesOne = (type == NLMSG_ERROR || type == NLMSG_DONE) && body.remaining() >= Integer.BYTES;
        return new Errno(carriesOne ? -body.getInt(0) : 0);
    }

    /** The kernel's refusal of {@code operation}, in its own words where it has some. */
    Optional<KernelException> refusal(String operation) {
        return errno().number() == 0
                ? Optional.empty()
                : Optional.of(new KernelException(operation, errno(), explanation()));
    }

    void check(String operation) throws KernelException {
        Optional<KernelException> refusal = refusal(operation);
        if (refusal.isPresent()) {
            throw refusal.get();
        }
    }

    private String explanation() {
        // The request's header stands between the number and the explanation, but not at the end of a dump.
        int start = type == NLMSG_ERROR ? Integer.BYTES + NetlinkMessage.HEADER_LENGTH : Integer.BYTES;
        if ((flags & NLM_F_ACK_TLVS) == 0 || body.remaining() < start) {
            return "";
        }
        return Attributes.of(body.slice(start, body.remaining() - start)).text(NLMSGERR_ATTR_MSG);
    }
}
