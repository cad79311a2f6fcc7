package org.mooring.datapath;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.datapath.Ways.Way;
import org.mooring.linux.Errno;
import org.mooring.linux.Interface;
import org.mooring.linux.Ipv4;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;
import org.mooring.linux.bpf.BpfMap;
import org.mooring.linux.bpf.BpfObject;
import org.mooring.linux.bpf.BpfProgram;

/** mip.bpf.c in the kernel, with maps of its own that no other process sees. */
final class Programs implements Gate, AutoCloseable {
    private static final String OBJECT = "/mip.bpf.o";
    private static final String WAYS = "ways";
    private static final String BINDINGS = "bindings";
    private static final String BINDING_DROPS = "binding_drops";

    /** For the drops of so many home addresses there is room, at most: who forges packets can have the kernel take memory for them. */
    private static final int MOST_WITH_DROPS = 1 << 16;

    /** Has a home address go another way, when it is asked. */
    private static final String POINT = "point";

    /** What {@code struct namesake} has behind {@code struct forwarding}. */
    private static final int NAMESAKE_MORE = 8;

    /** An Ethernet header, a home address and its way. */
    private static final int POINT_SIZE = 22;

    private static final int WAY_AT = 18;
    private static final int DONE = 0; // TC_ACT_OK

    private final BpfObject object;
    private final AgentEntry agent;
    private final Ways ways;
    private final BpfMap bindings;
    private final BpfMap namesakes;
    private final BpfMap waits;
    private final BpfMap entered;
    private final BpfMap drops;
    private final BpfMap bindingDrops;
    private final BpfProgram.Question point;

    /** The way of each home address. */
    private final Map<Inet4Address, Way> pointed = new HashMap<>();

    private int held;
    private Optional<Segmenter> segmenter = Optional.empty();

    private Programs(BpfObject object, AgentEntry agent) {
        this.agent = agent;
        this.object = object;
        this.ways = new Ways(object.map(WAYS));
        this.bindings = object.map(BINDINGS);
        this.point = object.program(POINT).question(POINT_SIZE);
        this.namesakes = object.map("namesakes");
        this.waits = object.map("waits");
        this.entered = object.map("entered");
        this.drops = object.map("drops");
        this.bindingDrops = object.map(BINDING_DROPS);
    }

    /**
     * Those that the agent needs.
     *
     * @param capacity in home addresses
     */
    static Programs load(AgentEntry agent, int capacity) throws IOException {
        return load(agent, program -> isNeeded(program, agent), capacity);
    }

    /** Only those that are {@code wanted} by their names, and what this class itself asks. */
    static Programs load(AgentEntry agent, Predicate<String> wanted, int capacity) throws IOException {
        BpfObject object = BpfObject.load(
                read(OBJECT),
                program -> wanted.test(program) || program.equals(POINT),
                Map.of(WAYS, capacity, BINDINGS, capacity, BINDING_DROPS, Math.min(capacity, MOST_WITH_DROPS)));
        try {
            Programs programs = new Programs(object, agent);
            programs.putAgent();
            return programs;
        } catch (IOException | RuntimeException e) {
            object.close();
            throw e;
        }
    }

    /** Loads all that any agent needs, for nobody. */
    static Programs loadAll() throws IOException {
        AgentEntry nobody = new AgentEntry(Ipv4.address("0.0.0.0"), 0, 0, 0, Role.HOME_AGENT, MtuPolicy.ICMP, 0, false);
        return new Programs(
                BpfObject.load(read(OBJECT), any -> true, Map.of(WAYS, 1, BINDINGS, 1, BINDING_DROPS, 1)), nobody);
    }

    private static boolean isNeeded(String program, AgentEntry agent) {
        boolean atHome = agent.role() == Role.HOME_AGENT;
        return switch (program) {
            case "mark_visitor" -> !atHome;
            case "encapsulate_at_ingress" -> atHome && agent.fastPath();
            case "clamp_at_home" -> atHome && agent.policy() == MtuPolicy.CLAMP_AT_HOME;
            default -> true;
        };
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

    /** What comes in for mobile nodes that are away goes into their tunnels past the IP stack. */
    BpfProgram encapsulateAtIngress() {
        return object.program("encapsulate_at_ingress");
    }

    /** Begins to count its traffic, from zero, if nothing was put for it yet. */
    synchronized void put(Inet4Address homeAddress, ForwardingEntry entry) throws KernelException {
        Way present = pointed.get(homeAddress);
        Way way = ways.take(entry);
        try {
            if (present == null) {
                // A packet that was under way when it was removed may have left some.
                bindingDrops.remove(key(homeAddress));
                bindings.put(key(homeAddress), binding(way));
            } else if (present != way) {
                point(homeAddress, way);
            }
            pointed.put(homeAddress, way);
        } catch (KernelException e) {
            ways.giveBack(way);
            throw e;
        }
        if (present != null) {
            ways.giveBack(present);
        }
    }

    /** The same of many, before any other is put. */
    synchronized void putAll(Map<Inet4Address, ForwardingEntry> entries) throws KernelException {
        for (Map.Entry<Inet4Address, ForwardingEntry> entry : entries.entrySet()) {
            pointed.put(entry.getKey(), ways.take(entry.getValue()));
        }
        bindings.putAll(pointed.entrySet().stream()
                .map(entry -> new BpfMap.Entry(key(entry.getKey()), binding(entry.getValue()))));
    }

    synchronized void remove(Inet4Address homeAddress) throws KernelException {
        bindings.remove(key(homeAddress));
        bindingDrops.remove(key(homeAddress));
        Way way = pointed.remove(homeAddress);
        if (way != null) {
            ways.giveBack(way);
        }
    }

    private void point(Inet4Address homeAddress, Way way) throws KernelException {
        ByteBuffer frame = ByteBuffer.allocate(POINT_SIZE).order(ByteOrder.nativeOrder());
        frame.position(WAY_AT - Integer.BYTES)
                .put(homeAddress.getAddress())
                .putInt(way.number())
                .flip();
        if (point.ask(frame) != DONE) {
            throw new KernelException("point " + homeAddress.getHostAddress() + " to another way", Errno.ENOENT);
        }
    }

    private static ByteBuffer binding(Way way) {
        return ByteBuffer.allocate(Traffic.SIZE).order(ByteOrder.nativeOrder()).putLong(0, way.number());
    }

    /**
     * @param number of those with this home address that are not put by {@link #put}
     * @param linkMac of the visitor link's own device
     */
    void putNamesake(Inet4Address homeAddress, int number, ForwardingEntry entry, MacAddress linkMac)
            throws KernelException {
        ByteBuffer value =
                ByteBuffer.allocate(ForwardingEntry.SIZE + NAMESAKE_MORE).put(entry.encode());
        linkMac.write(value);
        namesakes.put(key(homeAddress, number), value.rewind());
    }

    void removeNamesake(Inet4Address homeAddress, int number) throws KernelException {
        namesakes.remove(key(homeAddress, number));
    }

    @Override
    public synchronized void setHeld(int count) throws KernelException {
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

    @Override
    public void putWaits(Inet4Address homeAddress, WaitsEntry entry) throws KernelException {
        waits.put(key(homeAddress), entry.encode());
    }

    @Override
    public void removeWaits(Inet4Address homeAddress) throws KernelException {
        waits.remove(key(homeAddress));
        entered.remove(key(homeAddress));
    }

    @Override
    public void countEntered(Inet4Address homeAddress) throws KernelException {
        entered.put(key(homeAddress), ByteBuffer.allocate(Entered.SIZE));
    }

    @Override
    public boolean routes() {
        return false;
    }

    @Override
    public Entered entered(Inet4Address homeAddress) throws KernelException {
        return Entered.read(entered.get(key(homeAddress)).orElseThrow());
    }

    Map<Inet4Address, Traffic> traffic() throws KernelException {
        Map<Inet4Address, Traffic> found = new HashMap<>();
        bindings.forEach((key, value) -> found.put(Ipv4.read(key), Traffic.read(value)));
        return found;
    }

    long encapsulated(Inet4Address homeAddress) throws KernelException {
        return bindings.get(key(homeAddress))
                .map(value -> Traffic.read(value).packetsEncapsulated())
                .orElse(0L);
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

    Map<Inet4Address, Map<Drop, Long>> bindingDrops() throws KernelException {
        Map<Inet4Address, Map<Drop, Long>> found = new HashMap<>();
        bindingDrops.forEach((key, value) -> {
            Map<Drop, Long> counts = new EnumMap<>(Drop.class);
            for (Drop reason : Drop.values()) {
                counts.put(reason, value.order(ByteOrder.nativeOrder()).getLong());
            }
            found.put(Ipv4.read(key), counts);
        });
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

    private static ByteBuffer key(Inet4Address address, int number) {
        return ByteBuffer.allocate(2 * Integer.BYTES)
                .order(ByteOrder.nativeOrder())
                .put(address.getAddress())
                .putInt(number)
                .rewind();
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
