package org.mooring.datapath;

import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** What the thread that sends packets into tunnels has to send beside those that it reads: the agent's own, and some of visitors. */
final class OwnPackets {
    /** Of visitors, who may send as many as they like. */
    static final int MOST = 1000;

    private final Queue<Own> ofAgent = new ConcurrentLinkedQueue<>();
    private final Queue<Own> ofVisitors = new ArrayBlockingQueue<>(MOST);

    /** How a packet, behind an {@link Offloaded} header, is sent. */
    interface Way {
        void take(int at, int length);
    }

    record Own(ByteBuffer packet, Way way) {}

    void add(Own own) {
        ofAgent.add(own);
    }

    /** Whether there was room for it. */
    boolean addOfVisitor(Own own) {
        return ofVisitors.offer(own);
    }

    /** The agent's first; null if there is none. */
    @Nullable
    Own poll() {
        Own own = ofAgent.poll();
        return own == null ? ofVisitors.poll() : own;
    }
}
