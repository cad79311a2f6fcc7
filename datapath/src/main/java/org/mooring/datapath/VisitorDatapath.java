package org.mooring.datapath;

import java.net.Inet4Address;

/** A foreign agent's datapath. */
public interface VisitorDatapath extends Datapath<VisitorForwarding> {
    /**
     * The visitor has left: packets that still come for it, through its tunnel or from this site, go on to the new
     * care-of address. Until {@link #install} or {@link #remove}; what it sends itself is still taken.
     *
     * @param tunnel to the new care-of address
     * @throws IllegalStateException if the home address is not installed
     */
    void redirect(Inet4Address homeAddress, Tunnel tunnel) throws DatapathException;
}
