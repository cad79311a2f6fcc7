package org.mooring.linux.netlink;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import org.mooring.linux.Errno;
import org.mooring.linux.KernelException;
import org.mooring.linux.libc.Syscall;

/** The IPv4 policy routing rules. The kernel tries them one by one for each packet: one per purpose, never one per guest. */
public final class Rules {
    private static final int RTM_NEWRULE = 32;
    private static final int RTM_DELRULE = 33;
    private static final int RTM_GETRULE = 34;

    private static final int FRA_IIFNAME = 3;
    private static final int FRA_PRIORITY = 6;
    private static final int FRA_FWMARK = 10;
    private static final int FRA_TABLE = 15;
    private static final int FRA_FWMASK = 16;
    private static final int FRA_OIFNAME = 17;
    private static final int FRA_PROTOCOL = 21;

    private static final int FR_ACT_TO_TBL = 1;
    private static final int BODY_LENGTH = 12; // struct fib_rule_hdr

    private final NetlinkSocket socket;

    Rules(NetlinkSocket socket) {
        this.socket = socket;
    }

    public void ensure(Rule rule) throws KernelException {
        socket.execute(List.of(new Request(add(rule), "add rule " + rule, Set.of(Errno.EEXIST))));
    }

    public void remove(Rule rule) throws KernelException {
        NetlinkMessage message = describe(message(RTM_DELRULE, 0, FR_ACT_TO_TBL), rule);
        socket.execute(List.of(new Request(message, "remove rule " + rule, Set.of(Errno.ENOENT))));
    }

    /** All rules, those that we didn't make and cannot express in full as well. */
    public List<Rule> dump() throws KernelException {
        return socket.dump(message(RTM_GETRULE, 0, 0), "list the rules", Rules::read);
    }

    static NetlinkMessage add(Rule rule) {
        int flags = NetlinkMessage.NLM_F_CREATE | NetlinkMessage.NLM_F_EXCL;
        return describe(message(RTM_NEWRULE, flags, FR_ACT_TO_TBL), rule);
    }

    private static NetlinkMessage describe(NetlinkMessage message, Rule rule) {
        if (rule.mask() != 0) {
            message.attribute(FRA_FWMARK, rule.mark()).attribute(FRA_FWMASK, rule.mask());
        }
        if (!rule.inputInterface().isEmpty()) {
            message.attribute(FRA_IIFNAME, rule.inputInterface());
        }
        if (!rule.outputInterface().isEmpty()) {
            message.attribute(FRA_OIFNAME, rule.outputInterface());
        }
        return message.attribute(FRA_TABLE, rule.table())
                .attribute(FRA_PRIORITY, rule.priority())
                .octet(FRA_PROTOCOL, rule.protocol());
    }

    private static NetlinkMessage message(int type, int messageFlags, int action) {
        return new NetlinkMessage(type, messageFlags)
                .octets(Syscall.AF_INET, 0, 0, 0, 0, 0, 0, action)
                .word(0);
    }

    private static Rule read(ByteBuffer body) {
        Attributes attributes = Attributes.of(body.position(BODY_LENGTH));
        return new Rule(
                attributes.word(FRA_TABLE),
                attributes.word(FRA_PRIORITY),
                attributes.word(FRA_FWMARK),
                attributes.word(FRA_FWMASK),
                attributes.text(FRA_IIFNAME),
                attributes.text(FRA_OIFNAME),
                attributes.octet(FRA_PROTOCOL));
    }
}
