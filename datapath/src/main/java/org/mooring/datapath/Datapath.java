package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Set;

/**
 * The packets of home addresses, to and from the agent at the other end of the tunnel.
 *
 * <p>Every operation says what shall be so, and may be repeated. When it returns, the kernel forwards accordingly; when
 * it throws, the same operation may be tried again, or {@link #remove} takes back what was done of it. Confined to one
 * thread.
 *
 * @param <F> {@link HomeForwarding} or {@link VisitorForwarding}, by the agent's role
 */
public interface Datapath<F extends Forwarding> extends AutoCloseable {
    /** Forwards so from now on, instead of what was installed. What is staged stays staged. */
    void install(F forwarding) throws DatapathException;

    /**
     * Prepares for packets of the home address that come through {@code forwarding}'s tunnel, and takes them from now
     * on, but sends nothing of the present path into it. Replaces what was staged before.
     *
     * <p>At a foreign agent a visitor that is only staged gets the packets that come through its tunnel; packets from
     * elsewhere, the agent's own site included, go on to the visitor's home.
     */
    void stage(F forwarding) throws DatapathException;

    /**
     * Makes what is staged the installed forwarding, in one step in which no packet is lost. At a home agent, the
     * tunnel that was installed changes places with it, so packets on their way out of that one are still taken.
     *
     * @throws IllegalStateException if nothing is staged
     */
    void flip(Inet4Address homeAddress) throws DatapathException;

    /** Drops what is staged and leaves what is installed. If that is nothing, what waits fares as with {@link #remove}. */
    void unstage(Inet4Address homeAddress) throws DatapathException;

    /**
     * Ends all forwarding for the home address, also what is staged. What waits is dropped at a foreign agent; at a home agent it goes
     * on to the home link when it is let go.
     */
    void remove(Inet4Address homeAddress) throws DatapathException;

    /**
     * Lets packets for the home address wait that come by these paths, until {@link #open}: without a word to their senders, and without
     * loss up to 10,000 on each, unless those that wait for all home addresses take too much memory. A path that is held already stays
     * so. What waits is lost with its agent.
     *
     * @throws IllegalStateException if the home address is neither installed nor staged
     */
    void hold(Inet4Address homeAddress, Set<Path> paths) throws DatapathException;

    /**
     * Lets those go on that wait on this path, in the order in which they came, and behind them those that come from then on. If both
     * paths are open, those of the old one go first. Returns at once, and what is to be done is done later. If nothing is held, nothing
     * is done.
     */
    void open(Inet4Address homeAddress, Path path);

    /**
     * Lets a packet go on to the mobile node, in order with others that are delivered, ahead of all that wait, and as if it had come out
     * of its tunnel; at a home agent that has no forwarding for it, to the home link. Returns at once.
     *
     * @param packet IPv4, to the home address
     */
    void deliver(Inet4Address homeAddress, ByteBuffer packet);

    /** How many packets have waited for each home address since it was last held, as long as there is something installed or staged. */
    Map<Inet4Address, Long> held();

    /** What each home address has used its tunnels for. Counting begins when the datapath is opened. */
    Map<Inet4Address, Traffic> traffic() throws DatapathException;

    /** How many packets of one home address, or for it, were encapsulated, of those that {@link #traffic} counts. */
    default long encapsulated(Inet4Address homeAddress) throws DatapathException {
        Traffic traffic = traffic().get(homeAddress);
        return traffic == null ? 0 : traffic.packetsEncapsulated();
    }

    /** How many packets were dropped, by reason; reasons without a packet are there as well. */
    Map<Drop, Long> drops() throws DatapathException;

    /**
     * Those of {@link #drops} that belong to a home address for which there is something installed or staged, as far as is known whose they
     * were. Home addresses without any needn't be there.
     */
    Map<Inet4Address, Map<Drop, Long>> bindingDrops() throws DatapathException;

    /** Lets go of the datapath; the kernel goes on forwarding. */
    @Override
    void close() throws DatapathException;
}
