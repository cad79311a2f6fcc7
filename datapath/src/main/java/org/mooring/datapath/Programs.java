package org.mooring.datapath;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mooring.linux.Interface;
import org.mooring.linux.Ipv4;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;
import org.mooring.linux.bpf.BpfMap;
import org.mooring.linux.bpf.BpfObject;
import org.mooring.linux.bpf.BpfProgram;

/** mip.bpf.c in the kernel, with maps of its own that no other process sees. */
final class Programs implements AutoCloseable {
    private static final String OBJECT = "/mip.bpf.o";

    private final BpfObject object;
    private final AgentEntry agent;
    private final BpfMap forwardings;
    private final BpfMap traffic;
    private final BpfMap waits;
    private final BpfMap entered;
    private final BpfMap drops;

    private int held;
    private Optional<Segmenter> segmenter = Optional.empty();

    private Programs(BpfObject object, AgentEntry agent) {
        this.agent = agent;
        this.object = object;
        this.forwardings = object.map("forwardings");
        this.traffic = object.map("traffic");
        this.waits = object.map("waits");
        this.entered = object.map("entered");
        this.drops = object.map("drops");
    }

    static Programs load(AgentEntry agent) throws IOException {
        BpfObject object = BpfObject.load(read(OBJECT));
        try {
            Programs programs = new Programs(object, agent);
            programs.putAgent();
            return programs;
        } catch (IOException | RuntimeException e) {
            object.close();
            throw e;
        }
    }

    /** What leaves by the agent's device goes into a tunnel. */
    BpfProgram encapsulate() {
        return object.program("encapsulate");
    }

    /** What comes out of a tunnel to this uplink goes to the agent's device. */
    BpfProgram decapsulate(Interface uplink) {
        return object.program(uplink.mac().equals(MacAddress.NONE) ? "decapsulate_raw" : "decapsulate");
    }

    /** What comes from a visitor is marked if it shall go through the reverse tunnel. */
    BpfProgram markVisitor() {
        return object.program("mark_visitor");
    }

    /** What waited goes on. */
    BpfProgram release() {
        return object.program("release");
    }

    /** What was cut goes into its tunnel. */
    BpfProgram segmented() {
        return object.program("segmented");
    }

    /** TCP sessions of mobile nodes at home agree on segments that fit into the tunnel. */
    BpfProgram clampAtHome() {
        return object.program("clamp_at_home");
    }

    void put(Inet4Address homeAddress, ForwardingEntry entry) throws KernelException {
        ByteBuffer key = key(homeAddress);
        if (traffic.get(key).isEmpty()) {
            traffic.put(key, ByteBuffer.allocate(Traffic.SIZE));
        }
        forwardings.put(key, entry.encode());
    }

    void putAll(Map<Inet4Address, ForwardingEntry> entries) throws KernelException {
        List<BpfMap.Entry> unused = entries.keySet().stream()
                .map(address -> new BpfMap.Entry(key(address), ByteBuffer.allocate(Traffic.SIZE)))
                .toList();
        traffic.putAll(unused);
        forwardings.putAll(entries.entrySet().stream()
                .map(entry ->
                        new BpfMap.Entry(key(entry.getKey()), entry.getValue().encode()))
                .toList());
    }

    void remove(Inet4Address homeAddress) throws KernelException {
        forwardings.remove(key(homeAddress));
        traffic.remove(key(homeAddress));
    }

    /** @param count for how many home addresses packets may have to wait; none is looked up while it is zero */
    synchronized void setHeld(int count) throws KernelException {
        held = count;
        putAgent();
    }

    /** From now on, what travels as one is cut here where it must be. */
    synchronized void setSegmenter(Segmenter pair) throws KernelException {
        segmenter = Optional.of(pair);
        putAgent();
    }

    private void putAgent() throws KernelException {
        object.map("agent").put(index(0), agent.encode(held, segmenter));
    }

    void putWaits(Inet4Address homeAddress, WaitsEntry entry) throws KernelException {
        waits.put(key(homeAddress), entry.encode());
    }

    void removeWaits(Inet4Address homeAddress) throws KernelException {
        waits.remove(key(homeAddress));
        entered.remove(key(homeAddress));
    }

    /** Begins to count, from zero. */
    void countEntered(Inet4Address homeAddress) throws KernelException {
        entered.put(key(homeAddress), ByteBuffer.allocate(Entered.SIZE));
    }

    Entered entered(Inet4Address homeAddress) throws KernelException {
        return Entered.read(entered.get(key(homeAddress)).orElseThrow());
    }

    Map<Inet4Address, Traffic> traffic() throws KernelException {
        Map<Inet4Address, Traffic> found = new HashMap<>();
        traffic.forEach((key, value) -> found.put(Ipv4.read(key), Traffic.read(value)));
        return found;
    }

    Map<Drop, Long> drops() throws KernelException {
        Map<Drop, Long> found = new EnumMap<>(Drop.class);
        Drop[] reasons = Drop.values();
        for (int i = 0; i < reasons.length; i++) {
            ByteBuffer count = drops.get(index(i)).orElseThrow();
            found.put(reasons[i], count.order(ByteOrder.nativeOrder()).getLong());
        }
        return found;
    }

    /** Filters keep the programs, and programs the maps that they use. */
    @Override
    public void close() {
        object.close();
    }

    private static ByteBuffer key(Inet4Address address) {
        return ByteBuffer.wrap(address.getAddress());
    }

    private static ByteBuffer index(int index) {
        return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.nativeOrder()).putInt(0, index);
    }

    private static byte[] read(String resource) throws IOException {
        try (InputStream in = Programs.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new FileNotFoundException(resource + " is missing from the program");
            }
            return in.readAllBytes();
        }
    }
}
