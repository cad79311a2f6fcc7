package org.mooring.runtime.udp;

/**
 * Why the kernel did not send a datagram.
 *
 * @param errno such as {@link #ENETUNREACH}; 0 if the kernel was not asked
 */
public record SendRefusal(int errno, String reason) {
    /** No route to that network. */
    public static final int ENETUNREACH = 101;

    /** A route, but no neighbour that answers. */
    public static final int EHOSTUNREACH = 113;
}
