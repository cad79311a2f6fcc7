package org.mooring.lab;

import java.util.ArrayList;
import java.util.List;

/** All that talks with one guest while it moves. */
final class Sessions implements AutoCloseable {
    private static final int IPERF_MEGABITS_PER_SECOND = 20;

    private final Lab lab;
    private final Guest guest;
    private final CounterSession counter;
    private final List<Session> sessions = new ArrayList<>();

    /** Opens them, and returns when something has arrived on each. */
    Sessions(Lab lab, Guest guest) {
        this.lab = lab;
        this.guest = guest;
        Namespace correspondent = lab.namespace("cn");
        Namespace neighbour = lab.namespace(guest.home().neighbour());
        // The guest calls when it has booted, and again and again until it is heard: these two come first.
        sessions.add(new GuestsOwnSession(
                "opened by the guest, to the correspondent", correspondent, GuestsOwnSession.port(guest)));
        sessions.add(new GuestsOwnSession(
                "opened by the guest, to the home-LAN neighbour", neighbour, GuestsOwnSession.port(guest)));
        counter = new CounterSession("correspondent, counter", correspondent, guest.address());
        sessions.add(counter);
        sessions.add(new EchoSession("correspondent, echo", correspondent, guest.address()));
        sessions.add(new CounterSession("home-LAN neighbour, counter", neighbour, guest.address()));
        sessions.add(new EchoSession("home-LAN neighbour, echo", neighbour, guest.address()));
        sessions.add(ProgramSession.ssh(lab.run(), correspondent, guest.address()));
        sessions.add(ProgramSession.iperf(lab.run(), correspondent, guest.address(), IPERF_MEGABITS_PER_SECOND));
        for (Session session : sessions) {
            Await.until("there is an answer: " + session.name(), () -> {
                if (session.isBroken()) {
                    throw new LabException(session.name() + ": " + session.end());
                }
                return session.arrivals().count() > 1;
            });
        }
    }

    /** The session whose silence is compared with that over a stop/cont. */
    CounterSession counter() {
        return counter;
    }

    List<Session> all() {
        return List.copyOf(sessions);
    }

    List<Session> broken() {
        return sessions.stream().filter(Session::isBroken).toList();
    }

    /**
     * Returns once something has come on each of them after {@code time}.
     *
     * @throws LabException at once if the guest's kernel has crashed, wherever that was
     */
    void awaitLife(long time) {
        for (Session session : sessions) {
            Await.until(
                    session.name() + " is heard again", // ./verify knows these words
                    () -> {
                        lab.sites().forEach(site -> lab.assertKernelRuns(guest, site));
                        return session.isBroken() || session.arrivals().firstAfterOrNone(time) >= 0;
                    });
        }
    }

    @Override
    public void close() {
        sessions.forEach(Session::close);
    }
}
