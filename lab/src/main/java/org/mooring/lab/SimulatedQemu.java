package org.mooring.lab;

/**
 * What a QEMU is to the guest-hook: a tap on the host's bridge, as kvm-migrator makes it, and a monitor socket that tells of what happens.
 * The guest in it is {@code body.c}, of which each guest has one: at its new host it goes on with all that it had.
 */
final class SimulatedQemu implements AutoCloseable {
    /** As kvm-migrator has it. */
    private static final int TAP_QUEUE = 10_000;

    private final Namespace host;
    private final Guest guest;
    private final String place;
    private final Instrument body;
    private final SimulatedMonitor monitor;

    private SimulatedQemu(Lab lab, Guest guest, String place, Instrument body, String status) {
        this.guest = guest;
        this.body = body;
        this.place = place;
        host = lab.namespace(place);
        // The tap's own address is the guest's with a high first octet, which no bridge takes as its own.
        host.ip(
                "tuntap add dev " + guest.tap() + " mode tap",
                "link set dev " + guest.tap() + " address fe" + guest.mac().substring(2) + " txqueuelen " + TAP_QUEUE,
                "link set dev " + guest.tap() + " master br0 up");
        var unused = body.order("open " + place + " /run/netns/" + host.name() + " " + guest.tap(), "opened");
        monitor = SimulatedMonitor.listen(
                lab.run().directory(place + "/guests").resolve(guest.name() + ".hook.qmp"), status);
    }

    /** A guest that has been started here. */
    static SimulatedQemu running(Lab lab, Guest guest, Site site, Instrument body) {
        return running(lab, guest, site.host(), body);
    }

    /**
     * A guest that has been started here.
     *
     * @param host one of the KVM hosts, by the name of its namespace
     */
    static SimulatedQemu running(Lab lab, Guest guest, String host, Instrument body) {
        var qemu = new SimulatedQemu(lab, guest, host, body, "running");
        qemu.read();
        return qemu;
    }

    /** Returns when the hook has come, and asked what becomes of the guest. */
    SimulatedQemu awaitHook() {
        Await.until("a hook is at " + monitor.socket(), monitor::isHeard);
        return this;
    }

    /**
     * Returns when the guest is registered by the hook, whose filters its tap has since then: while the kernel adds the first filter to a
     * device, it drops what the device should send.
     */
    SimulatedQemu awaitRegistration(Daemon hook) {
        Await.until(
                "the guest is registered by the hook of " + place,
                () -> hook.control()
                        .get("/guests/" + guest.name())
                        .path("guest")
                        .path("registration")
                        .asText()
                        .equals("accepted"));
        return this;
    }

    /** Waits for the guest, as by {@code -incoming}. */
    static SimulatedQemu incoming(Lab lab, Guest guest, Site site, Instrument body) {
        return incoming(lab, guest, site.host(), body);
    }

    /**
     * Waits for the guest, as by {@code -incoming}.
     *
     * @param host one of the KVM hosts, by the name of its namespace
     */
    static SimulatedQemu incoming(Lab lab, Guest guest, String host, Instrument body) {
        return new SimulatedQemu(lab, guest, host, body, "inmigrate");
    }

    /** @param state of a migration, such as {@code active} */
    void migration(String state) {
        monitor.migration(state);
    }

    /** The last of the migration's stream is to be sent. Returns when the event happened. */
    long stop() {
        var unused = body.order("stop", "stopped");
        monitor.is("finish-migrate");
        return monitor.tell("STOP", "{}");
    }

    /** The stream is complete. Returns when the event happened; as with QEMU, the guest runs right after it. */
    long resume() {
        monitor.is("running");
        long resumed = monitor.tell("RESUME", "{}");
        read();
        return resumed;
    }

    /** Tells that the guest is elsewhere. */
    void left() {
        monitor.is("postmigrate");
        monitor.migration("completed");
    }

    /** When the tap was given its first probe packet; 0 if it never was. */
    long firstPacket() {
        return Long.parseLong(body.order("first " + place, "first"));
    }

    /** The machine is gone, and the guest with it. */
    void die() {
        var unused = body.order("stop", "stopped");
        quit();
    }

    /** Ends, its tap and socket with it. Returns how many probe packets lay in the tap, which nobody will read. */
    int quit() {
        monitor.close();
        int left = Integer.parseInt(body.order("close " + place, "closed"));
        host.ip("link del dev " + guest.tap());
        return left;
    }

    @Override
    public void close() {
        int unread = quit();
        assert unread >= 0;
    }

    private void read() {
        var unused = body.order("read " + place, "reading");
    }
}
