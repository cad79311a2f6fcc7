package org.mooring.foreign.daemon;

import java.util.Map;
import java.util.Objects;
import org.mooring.foreign.Action;
import org.mooring.foreign.Event;
import org.mooring.foreign.Visitor;
import org.mooring.runtime.discovery.AdvertisementTimes;
import org.mooring.runtime.loop.AgentLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has the core's actions done by those who can. On the loop's thread. */
final class ActionExecutor implements Action.Executor {
    private static final Logger log = LoggerFactory.getLogger(ForeignAgentProgram.class);

    /** What the timer of a link's next advertisement is known by. */
    private record Advertisement(String link) {}

    private final AgentLoop<Event, Action> loop;
    private final HomeAgentSide homeAgents;
    private final Map<String, VisitorLink> links;
    private final KernelForwarding kernel;
    private final VisitorStore store;
    private final TrafficCounters counters;

    ActionExecutor(
            AgentLoop<Event, Action> loop,
            HomeAgentSide homeAgents,
            Map<String, VisitorLink> links,
            KernelForwarding kernel,
            VisitorStore store,
            TrafficCounters counters) {
        this.loop = loop;
        this.homeAgents = homeAgents;
        this.links = links;
        this.kernel = kernel;
        this.store = store;
        this.counters = counters;
    }

    @Override
    public void execute(Action.RelayToHomeAgent action) {
        homeAgents.send(action);
    }

    @Override
    public void execute(Action.SendKeepalive action) {
        homeAgents.send(action);
        counters.countKeepalive();
    }

    @Override
    public void execute(Action.SendRevocationMessage action) {
        homeAgents.send(action);
    }

    @Override
    public void execute(Action.SendToVisitor action) {
        link(action.link()).send(action);
    }

    @Override
    public void execute(Action.Advertise action) {
        link(action.link()).send(action);
    }

    @Override
    public void execute(Action.ArmAdvertisement action) {
        var at = AdvertisementTimes.within(action.window());
        loop.arm(new Advertisement(action.link()), at, now -> new Event.AdvertisementDue(now, action.link()));
    }

    private VisitorLink link(String name) {
        return Objects.requireNonNull(links.get(name), "no link is configured that has this name");
    }

    @Override
    public void execute(Action.InstallVisitor action) {
        kernel.install(action.visitor());
    }

    @Override
    public void execute(Action.RemoveVisitor action) {
        kernel.remove(action.homeAddress());
    }

    @Override
    public void execute(Action.StageVisitor action) {
        var expected = action.staged().visitor();
        link(expected.link()).expect(expected.linkAddress());
        kernel.stage(action);
    }

    @Override
    public void execute(Action.UnstageVisitor action) {
        kernel.unstage(action.homeAddress());
    }

    @Override
    public void execute(Action.RedirectVisitor action) {
        kernel.redirect(action);
    }

    @Override
    public void execute(Action.CountRedirected action) {
        kernel.count(action);
    }

    @Override
    public void execute(Action.RecallVisitor action) {
        kernel.recall(action.homeAddress());
    }

    @Override
    public void execute(Action.DeliverPacket action) {
        kernel.deliver(action);
        counters.countDelivered();
    }

    @Override
    public void execute(Action.OpenRoom action) {
        kernel.open(action);
    }

    @Override
    public void execute(Action.StoreVisitor action) {
        store(action.visitor(), false);
    }

    private void store(Visitor visitor, boolean namesake) {
        store.write(
                visitor,
                namesake,
                () -> loop.post(new Event.VisitorStored(loop.now(), visitor)),
                failure -> loop.post(
                        new Event.VisitorNotStored(loop.now(), visitor, String.valueOf(failure.getMessage()))));
    }

    @Override
    public void execute(Action.ForgetVisitor action) {
        var homeAddress = action.homeAddress();
        store.remove(homeAddress, () -> loop.post(new Event.VisitorForgotten(loop.now(), homeAddress)));
    }

    @Override
    public void execute(Action.InstallNamesake action) {
        kernel.installNamesake(action.visitor());
    }

    @Override
    public void execute(Action.RemoveNamesake action) {
        kernel.removeNamesake(action.visitor());
    }

    @Override
    public void execute(Action.StoreNamesake action) {
        store(action.visitor(), true);
    }

    @Override
    public void execute(Action.ForgetNamesake action) {
        store.removeNamesake(action.visitor());
    }

    @Override
    public void execute(Action.StoreCoLocated action) {
        store.writeCoLocated(action.visitor());
    }

    @Override
    public void execute(Action.ForgetCoLocated action) {
        store.removeCoLocated(action.visitor());
    }

    @Override
    public void execute(Action.StoreRevocation action) {
        var visitor = action.visitor();
        store.writeRevoked(
                visitor, action.namesake(), () -> loop.post(new Event.RevocationStored(loop.now(), visitor)));
    }

    @Override
    public void execute(Action.ForgetRevocation action) {
        store.removeRevoked(action.visitor());
    }

    @Override
    public void execute(Action.ArmTimer action) {
        var timer = action.timer();
        loop.arm(timer, action.at(), at -> new Event.TimerFired(at, timer));
    }

    @Override
    public void execute(Action.Report action) {
        var fact = action.fact();
        switch (fact.level()) {
            case DEBUG -> log.debug("{}", fact.text());
            case INFO -> log.info("{}", fact.text());
            case WARNING -> log.warn("{}", fact.text());
        }
        counters.count(fact, loop.now());
    }
}
