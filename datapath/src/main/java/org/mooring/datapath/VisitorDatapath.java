package org.mooring.datapath;

import java.net.Inet4Address;

/**
 * A foreign agent's datapath. A visitor's old path is the tunnel from its previous care-of address, if it has one; what comes by any other
 * is on the new path.
 */
public interface VisitorDatapath extends Datapath<VisitorForwarding> {
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
