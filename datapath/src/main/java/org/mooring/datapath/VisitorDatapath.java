package org.mooring.datapath;

import java.net.Inet4Address;

/**
 * A foreign agent's datapath. A visitor's old path is the tunnel from its previous care-of address, if it has one; what comes by any other
 * is on the new path.
 */
public interface VisitorDatapath extends Datapath<VisitorForwarding> {
    /**
     * Forwards for a visitor beside others that have its home address (RFC 3024 §A.4): by its tunnel, and its MAC address on the link. It has
     * a reverse tunnel; nothing is staged, held or redirected for it. Replaces one with the same tunnel's end. To be installed is not the
     * same as to be a namesake, and neither is changed by the other.
     *
     * @throws DatapathException also if seven others have the home address already, or this datapath can't do it
     */
    default void installNamesake(VisitorForwarding visitor) throws DatapathException {
        throw DatapathException.notApart(visitor.homeAddress());
    }

    /** Ends that. */
    default void removeNamesake(VisitorForwarding visitor) throws DatapathException {}

    /**
     * The visitor has left: packets that still come for it, through its tunnel or from this site, go on to the new
     * care-of address. Until {@link #recall}, {@link #install}, {@link #sendHome} or {@link #remove}; what it sends itself is still taken.
     *
     * @param tunnel to the new care-of address
     * @throws IllegalStateException if the home address is not installed
     */
    void redirect(Inet4Address homeAddress, Tunnel tunnel) throws DatapathException;

    /**
     * The visitor went home: packets that still come for it go back through its own tunnel, which no ingress filter on the way minds.
     * Until {@link #recall}, {@link #install} or {@link #remove}; what it sends itself is still taken.
     *
     * @throws IllegalStateException if the home address is not installed
     */
    void sendHome(Inet4Address homeAddress) throws DatapathException;

    /** The visitor is back: packets for it are delivered here again. */
    void recall(Inet4Address homeAddress) throws DatapathException;
}
