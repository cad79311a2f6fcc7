package org.mooring.datapath;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.KernelException;
import org.mooring.linux.netlink.Link;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.netlink.Nftables;
import org.mooring.linux.netlink.Route;
import org.mooring.linux.netlink.Rule;
import org.mooring.linux.tun.Tun;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where an agent chooses its datapath, by its configuration and by what this kernel can do, and opens it. */
public final class Datapaths {
    private static final String TUN_DEVICE = "tun";

    /** Takes two megabytes of the kernel's memory. */
    private static final int LEAST_CAPACITY = 1 << 16;

    private static final Logger LOG = LoggerFactory.getLogger(Datapaths.class);

    /**
     * Which one, and why.
     *
     * @param why one line
     */
    public record Chosen(DatapathKind kind, String why) {}

    private Datapaths() {}

    /** For how many home addresses a datapath has room, as long as it is open, if it shall have room for {@code wanted}. */
    public static int capacity(int wanted) {
        return Math.max(LEAST_CAPACITY, Integer.highestOneBit(wanted) << 1);
    }

    /**
     * Tries what this kernel can do, in the network namespace of this thread.
     *
     * @throws DatapathException if it can do none of what {@code choice} leaves; the message says why for each
     */
    public static Chosen choose(DatapathChoice choice, Demands demands) throws DatapathException {
        return choose(
                choice,
                kind -> demands.beyond(kind)
                        .or(() -> demands.undone(choice, kind))
                        .or(() -> KernelProbe.trouble(kind)));
    }

    /** @param trouble why one can't be had; empty if it can */
    static Chosen choose(DatapathChoice choice, Function<DatapathKind, Optional<String>> trouble)
            throws DatapathException {
        List<String> troubles = new ArrayList<>();
        for (DatapathKind kind : choice.candidates()) {
            Optional<String> refused = trouble.apply(kind);
            if (refused.isEmpty()) {
                return new Chosen(kind, why(choice, troubles));
            }
            troubles.add(kind.word() + ": " + refused.get());
        }
        throw new DatapathException("datapath: not to be had here: " + String.join("; ", troubles));
    }

    private static String why(DatapathChoice choice, List<String> troubles) {
        if (choice != DatapathChoice.AUTO) {
            return "configured";
        }
        return troubles.isEmpty() ? "auto, the first choice" : "auto, without " + String.join("; ", troubles);
    }

    /**
     * Takes over from a former process, or begins.
     *
     * @param installed what is forwarded from now on; what else a former process left goes
     * @param waiting hears of packets that wait
     */
    public static HomeDatapath openHome(
            Chosen chosen, HomeDatapathConfig config, Collection<HomeForwarding> installed, Waiting waiting)
            throws DatapathException {
        makeRoom(chosen.kind(), Role.HOME_AGENT, config.device(), EbpfHomeDatapath.PREFERENCE);
        HomeDatapath opened = switch (chosen.kind()) {
            case EBPF -> EbpfHomeDatapath.open(config, installed, waiting);
            case KERNEL -> KernelHomeDatapath.open(config, installed, waiting);
            case TUN -> TunHomeDatapath.open(config, installed, waiting);
        };
        tell(chosen);
        return opened;
    }

    /**
     * Takes over from a former process, or begins.
     *
     * @param installed what is forwarded from now on; what else a former process left goes
     * @param namesakes of these or of others
     * @param waiting hears of packets that wait
     */
    public static VisitorDatapath openVisitors(
            Chosen chosen,
            VisitorDatapathConfig config,
            Collection<VisitorForwarding> installed,
            Collection<VisitorForwarding> namesakes,
            Waiting waiting)
            throws DatapathException {
        makeRoom(chosen.kind(), Role.FOREIGN_AGENT, config.device(), EbpfVisitorDatapath.PREFERENCE);
        VisitorDatapath opened = switch (chosen.kind()) {
            case EBPF -> EbpfVisitorDatapath.open(config, installed, namesakes, waiting);
            case KERNEL -> KernelVisitorDatapath.open(config, installed, waiting);
            case TUN -> TunVisitorDatapath.open(config, installed, waiting);
        };
        tell(chosen);
        return opened;
    }

    /** Only once it is there: who can't start says why in one line. */
    private static void tell(Chosen chosen) {
        LOG.info("datapath kind={} why={}", chosen.kind().word(), chosen.why());
    }

    /** Takes away what a former process has left that had another datapath. The device stays if it is of a kind that both use. */
    private static void makeRoom(DatapathKind kind, Role role, String device, int preference) throws DatapathException {
        try (Netlink netlink = Netlink.open()) {
            Optional<Link> left = netlink.links().find(device);
            boolean kernels = left.isPresent() && !left.get().kind().equals(TUN_DEVICE);
            if (kind != DatapathKind.EBPF) {
                EbpfDatapath.detach(netlink, preference, any -> true);
                Segmenter.remove(netlink, device);
            }
            if (left.isPresent() && !kernels && kind == DatapathKind.KERNEL) {
                try (Tun tun = Tun.open(device, Tun.Layer.IP)) {
                    tun.setPersistent(false);
                }
            }
            if (kernels && kind != DatapathKind.KERNEL) {
                KernelTunnels.remove(netlink, device);
            }
            if (kind == DatapathKind.EBPF && left.isPresent()) {
                removeTable(device);
            }
            for (Rule rule : netlink.rules().dump()) {
                if (rule.protocol() == Route.PROTOCOL && isLeft(rule, kind, role, netlink)) {
                    netlink.rules().remove(rule);
                }
            }
        } catch (IOException e) {
            throw new DatapathException("make room for datapath " + kind.word(), e);
        }
    }

    private static void removeTable(String name) {
        try (Nftables nftables = Nftables.open()) {
            nftables.remove(name);
        } catch (KernelException e) {
            LOG.debug("this kernel has no nftables, so no table of ours either", e);
        }
    }

    /** Whether it is an agent's of this role, and {@code kind} has none like it, or not yet. */
    private static boolean isLeft(Rule rule, DatapathKind kind, Role role, Netlink netlink) throws IOException {
        boolean ofRole = Arrays.stream(DatapathKind.values()).anyMatch(any -> leadsTo(rule.table(), any, role));
        boolean deviceIsGone = !rule.inputInterface().isEmpty()
                && netlink.links().find(rule.inputInterface()).isEmpty();
        return ofRole && (deviceIsGone || !leadsTo(rule.table(), kind, role));
    }

    /** Whether rules of an agent with this datapath lead to the table. */
    private static boolean leadsTo(int table, DatapathKind kind, Role role) {
        boolean visits = role == Role.FOREIGN_AGENT && VisitorRouter.isVisitorTable(table);
        boolean tunnels = role == Role.FOREIGN_AGENT && table == TunEngine.TUNNEL_TABLE;
        return switch (kind) {
            case EBPF -> visits || tunnels;
            case KERNEL ->
                visits
                        || KernelTunnels.isWaitingTable(table, role)
                        || (role == Role.HOME_AGENT && KernelTunnels.isCopyTable(table))
                        || (role == Role.FOREIGN_AGENT && KernelVisitorDatapath.isTunnelTable(table));
            case TUN -> visits || tunnels || (role == Role.HOME_AGENT && table == TunEngine.WAITING_TABLE);
        };
    }
}
