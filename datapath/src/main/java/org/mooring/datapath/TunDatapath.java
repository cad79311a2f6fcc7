package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.mooring.linux.Interface;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.netlink.Route;

/** What home and foreign agent have in common that carry packets themselves: an entry of the engine for each home address. */
abstract class TunDatapath<F extends Forwarding> extends RoutedDatapath<F> {
    final TunKernel kernel;
    final TunEngine engine;

    TunDatapath(TunKernel kernel, TunEngine engine) {
        this.kernel = kernel;
        this.engine = engine;
    }

    /** How a datapath is made of the two. */
    interface Making<D> {
        D make(TunKernel kernel, TunEngine engine) throws IOException;
    }

    /**
     * Makes a datapath that has taken over; what is opened is closed if that fails.
     *
     * @param clamped links where TCP sessions agree on segments that fit into tunnels
     */
    static <F extends Forwarding, D extends TunDatapath<F>> D open(
            TunKernel kernel, List<Interface> clamped, Making<D> making, Collection<F> installed, Waiting waiting)
            throws IOException {
        try {
            TunEngine engine = TunEngine.open(kernel, clamped);
            try {
                D datapath = making.make(kernel, engine);
                datapath.restore(installed, waiting);
                return datapath;
            } catch (IOException | RuntimeException e) {
                engine.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            kernel.close();
            throw e;
        }
    }

    /** What the engine needs to know. {@code wanted} has something installed or staged. */
    abstract ForwardingEntry entry(Slots<F> wanted) throws IOException;

    @Override
    final Netlink netlink() {
        return kernel.netlink();
    }

    @Override
    final TunnelErrors errors() {
        return kernel.errors();
    }

    @Override
    final Rooms rooms() {
        return engine;
    }

    @Override
    final boolean entersTunnel(Route route) {
        return route.interfaceIndex() == kernel.device().link().index();
    }

    @Override
    final void prepare() throws IOException {
        netlink().routes().ensure(sharedRoutes());
    }

    @Override
    final void begin(Map<Inet4Address, Slots<F>> installed) throws IOException {
        for (Map.Entry<Inet4Address, Slots<F>> one : installed.entrySet()) {
            tell(one.getKey(), one.getValue());
        }
        engine.begin();
    }

    @Override
    final void tell(Inet4Address homeAddress, Slots<F> wanted) throws IOException {
        engine.put(homeAddress, entry(wanted));
    }

    @Override
    final void forget(Inet4Address homeAddress) throws IOException {
        engine.remove(homeAddress);
    }

    @Override
    public final Map<Inet4Address, Traffic> traffic() {
        return engine.traffic();
    }

    @Override
    public final Map<Drop, Long> drops() {
        return engine.drops();
    }

    @Override
    public final Map<Inet4Address, Map<Drop, Long>> bindingDrops() {
        return engine.bindingDrops();
    }

    @Override
    public final void close() {
        engine.close();
        kernel.close();
    }
}
