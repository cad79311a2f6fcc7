package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;

/** Hears of packets that wait. Called on a thread of the datapath's, which goes on when the call returns. */
public interface Waiting {
    /** For who lets none wait. */
    Waiting UNHEARD = new Waiting() {
        @Override
        public void began(Inet4Address homeAddress, Path path) {}

        @Override
        public void marker(Inet4Address homeAddress, ByteBuffer payload) {}
    };

    /** The first packet waits that has come by this path since {@link Datapath#hold}. */
    void began(Inet4Address homeAddress, Path path);

    /**
     * A UDP datagram between ports 434 came out of a tunnel for a home address some of whose packets wait. It goes no further.
     *
     * @param payload what it carried
     */
    void marker(Inet4Address homeAddress, ByteBuffer payload);
}
