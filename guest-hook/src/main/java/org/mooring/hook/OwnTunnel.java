package org.mooring.hook;

import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mooring.datapath.Encapsulation;
import org.mooring.hook.Action.ArmTimer;
import org.mooring.hook.Action.Forward;
import org.mooring.hook.Action.Report;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.handover.Arrivals;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.nat.UdpTunnel;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * The tunnel of one guest that visits a host without a foreign agent: it ends here, and what a foreign agent does for its visitors
 * is done here (docs/handover.md, "Co-located care-of address"). For every other guest nothing is done. Confined to one thread.
 */
final class OwnTunnel {
    private enum State {
        NONE,
        STAGED,
        INSTALLED,
        REDIRECTED
    }

    private final Guest guest;
    private final boolean used;
    private final Arrivals arrivals;
    private State state = State.NONE;

    /** As the home agent said last: it is not asked before the guest runs. */
    private Encapsulation encapsulation;

    private Optional<Ipv4Address> previousCareOfAddress = Optional.empty();
    private @Nullable Instant due;

    /** @param arrivals puts the packets of guests in order that come */
    OwnTunnel(Guest guest, Link link, Arrivals arrivals) {
        this.guest = guest;
        this.encapsulation = guest.encapsulation();
        this.used = !guest.atHome() && link.tunnelEnd() instanceof CoLocated;
        this.arrivals = arrivals;
    }

    /** Whether this host is the end of the guest's tunnel. */
    boolean isUsed() {
        return used;
    }

    /**
     * The guest may come. Nothing is redirected of one that is at home.
     *
     * @param udpTunnel what the home agent has assented to
     * @param previous its present care-of address, or its home address
     */
    void stage(
            HandoverId id,
            Optional<UdpTunnel> udpTunnel,
            Optional<Ipv4Address> previous,
            Instant at,
            List<Action> out) {
        encapsulation = encapsulation(udpTunnel);
        Ipv4Address home = guest.homeAddress();
        previousCareOfAddress = previous.filter(address -> !address.equals(home));
        Set<Room> rooms = previousCareOfAddress.isPresent() ? EnumSet.allOf(Room.class) : EnumSet.of(Room.NEW);
        arrivals.expect(home, id);
        arrivals.hold(home, rooms);
        arrivals.reach(home, at);
        state = State.STAGED;
        out.add(new Forward(guest, new Forwarding.Stage(encapsulation, previousCareOfAddress, rooms)));
    }

    /** The guest runs here. */
    void runs(List<Action> out) {
        if (!used) {
            return;
        }
        due = null;
        boolean returns = state == State.REDIRECTED;
        state = State.INSTALLED;
        if (returns) {
            out.add(new Forward(guest, new Forwarding.Recall()));
        } else {
            install(out);
        }
    }

    /** The kernel has refused to install it: the next registration tries again. */
    void notInstalled() {
        if (state == State.INSTALLED) {
            state = State.NONE;
        }
    }

    /**
     * The guest is registered here.
     *
     * @param udpTunnel what the home agent has assented to
     */
    void registered(Optional<UdpTunnel> udpTunnel, Instant at, List<Action> out) {
        if (!used) {
            return;
        }
        arrivals.confirm(guest.homeAddress(), at);
        Encapsulation before = encapsulation;
        encapsulation = encapsulation(udpTunnel);
        if (state == State.NONE) {
            runs(out);
        } else if (encapsulation != before) {
            install(out);
        }
        if (encapsulation != before) {
            out.add(new Report(at, Fact.tunnelChanged(guest, udpTunnel)));
        }
    }

    private void install(List<Action> out) {
        out.add(new Forward(guest, new Forwarding.Install(encapsulation, previousCareOfAddress)));
    }

    private Encapsulation encapsulation(Optional<UdpTunnel> udpTunnel) {
        return udpTunnel.isPresent() ? Encapsulation.UDP : guest.encapsulation();
    }

    /**
     * COMMIT was sent: what still comes follows the guest, until its registration here would have ended.
     *
     * @param expires when that is
     */
    void leaves(Staged staged, Instant expires, List<Action> out) {
        if (state == State.INSTALLED) {
            state = State.REDIRECTED;
            due = expires;
            arrivals.forget(guest.homeAddress());
            out.add(new Forward(guest, new Forwarding.Redirect(staged.id(), staged.careOfAddress())));
            out.add(new ArmTimer(guest, Timer.TUNNEL, expires));
        }
    }

    /**
     * Nobody tells any more whether the guest runs here: its packets still come until its registration ends.
     *
     * @param expires when that is; empty: nobody knows
     */
    void outlives(Optional<Instant> expires, List<Action> out) {
        if (state == State.INSTALLED && expires.isPresent()) {
            due = expires.get();
            out.add(new ArmTimer(guest, Timer.TUNNEL, expires.get()));
        }
    }

    void timerFired(Instant at, List<Action> out) {
        if (due != null && !at.isBefore(due)) {
            end(out);
        }
    }

    /** The guest doesn't come, after all. */
    void abort(List<Action> out) {
        if (state == State.STAGED) {
            state = State.NONE;
            arrivals.forget(guest.homeAddress());
            out.add(new Forward(guest, new Forwarding.Unstage()));
        }
    }

    /** The guest isn't here any more. If it was committed, its packets follow it on. */
    void endUnlessRedirected(List<Action> out) {
        if (state != State.REDIRECTED) {
            end(out);
        }
    }

    /** The guest is announced anew. What is redirected would come around in a circle. */
    void endUnlessStaged(List<Action> out) {
        if (state != State.STAGED) {
            end(out);
        }
    }

    void end(List<Action> out) {
        if (state != State.NONE) {
            state = State.NONE;
            due = null;
            previousCareOfAddress = Optional.empty();
            arrivals.forget(guest.homeAddress());
            out.add(new Forward(guest, new Forwarding.Remove()));
        }
    }
}
