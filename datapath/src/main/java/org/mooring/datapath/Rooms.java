package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Where packets wait, for each home address, by both paths. */
interface Rooms {
    /** Begins to take packets in. */
    void start(Waiting waiting);

    /**
     * Lets packets wait that come by these paths.
     *
     * @param old the outer source of what comes by the old path
     */
    void hold(Inet4Address homeAddress, Set<Path> paths, Optional<Inet4Address> old) throws IOException;

    /** The old path of the home address, if packets of it wait, is this one from now on. */
    void follow(Inet4Address homeAddress, Optional<Inet4Address> old) throws IOException;

    void open(Inet4Address homeAddress, Path path);

    void deliver(Inet4Address homeAddress, ByteBuffer packet);

    /** What waits for the home address is dropped, and nothing has to wait any more. */
    void end(Inet4Address homeAddress) throws IOException;

    /** How many packets have waited for each home address since it last began to hold some. */
    Map<Inet4Address, Long> counts();
}
