package org.mooring.datapath;

import java.net.Inet4Address;
import org.mooring.linux.KernelException;

/** Who sends packets to wait, and counts those. */
interface Gate {
    /**
     * Says whether any packet may have to wait.
     *
     * @param count for how many home addresses packets may have to wait; none does while it is zero
     */
    void setHeld(int count) throws KernelException;

    void putWaits(Inet4Address homeAddress, WaitsEntry entry) throws KernelException;

    void removeWaits(Inet4Address homeAddress) throws KernelException;

    /** Begins to count, from zero. */
    void countEntered(Inet4Address homeAddress) throws KernelException;

    Entered entered(Inet4Address homeAddress) throws KernelException;

    /** Whether packets are routed to where they wait, which takes one from their time to live. */
    boolean routes();
}
