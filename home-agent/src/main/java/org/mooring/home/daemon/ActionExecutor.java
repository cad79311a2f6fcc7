package org.mooring.home.daemon;

import java.util.function.Consumer;
import org.mooring.home.Action;
import org.mooring.home.Event;
import org.mooring.home.Fact;
import org.mooring.runtime.discovery.AdvertisementTimes;
import org.mooring.runtime.loop.AgentLoop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has the core's actions done by those who can. On the loop's thread. */
final class ActionExecutor implements Action.Executor {
    private static final Logger log = LoggerFactory.getLogger(HomeAgentProgram.class);

    private final AgentLoop<Event, Action> loop;
    private final RegistrationSockets sockets;
    private final KernelForwarding kernel;
    private final HomeLinkArp homeLinkArp;
    private final Consumer<Action.Advertise> advertisements;
    private final BindingStore store;
    private final HomeAgentMetrics metrics;

    ActionExecutor(
            AgentLoop<Event, Action> loop,
            RegistrationSockets sockets,
            KernelForwarding kernel,
            HomeLinkArp homeLinkArp,
            Consumer<Action.Advertise> advertisements,
            BindingStore store,
            HomeAgentMetrics metrics) {
        this.loop = loop;
        this.sockets = sockets;
        this.kernel = kernel;
        this.homeLinkArp = homeLinkArp;
        this.advertisements = advertisements;
        this.store = store;
        this.metrics = metrics;
    }

    @Override
    public void execute(Action.SendReply action) {
        sockets.send(action);
        metrics.countReply(action.wire());
    }

    @Override
    public void execute(Action.SendTunnelData action) {
        sockets.send(action);
        metrics.countKeepalive();
    }

    @Override
    public void execute(Action.SendRevocationMessage action) {
        sockets.send(action);
    }

    @Override
    public void execute(Action.TellAtHome action) {
        sockets.send(action);
    }

    @Override
    public void execute(Action.InstallForwarding action) {
        kernel.install(action.homeAddress(), action.peers());
    }

    @Override
    public void execute(Action.RemoveForwarding action) {
        kernel.remove(action.homeAddress());
    }

    @Override
    public void execute(Action.StageForwarding action) {
        kernel.stage(action.homeAddress(), action.peer());
    }

    @Override
    public void execute(Action.FlipForwarding action) {
        kernel.flip(action.homeAddress());
    }

    @Override
    public void execute(Action.UnstageForwarding action) {
        kernel.unstage(action.homeAddress());
    }

    @Override
    public void execute(Action.SettleForwarding action) {
        kernel.settle(action.homeAddress());
    }

    @Override
    public void execute(Action.ExpectReturn action) {
        kernel.expectReturn(action.homeAddress());
    }

    @Override
    public void execute(Action.ReturnForwarding action) {
        kernel.returnHome(action.homeAddress(), action.mac());
    }

    @Override
    public void execute(Action.RetireForwarding action) {
        kernel.retire(action.homeAddress(), action.holds());
    }

    @Override
    public void execute(Action.DeliverPacket action) {
        kernel.deliver(action);
        metrics.arrivals().countDelivered();
    }

    @Override
    public void execute(Action.OpenRoom action) {
        kernel.open(action);
    }

    @Override
    public void execute(Action.SendMarker action) {
        kernel.mark(action);
    }

    @Override
    public void execute(Action.TunnelPacket action) {
        kernel.tunnel(action);
    }

    @Override
    public void execute(Action.Persist action) {
        var homeAddress = action.record().homeAddress();
        store.write(
                action.record(),
                () -> loop.post(new Event.Persisted(loop.now(), homeAddress)),
                failure -> loop.post(
                        new Event.PersistFailed(loop.now(), homeAddress, String.valueOf(failure.getMessage()))));
    }

    @Override
    public void execute(Action.ArmTimer action) {
        loop.arm(action.timer(), action.at(), at -> new Event.TimerFired(at, action.timer()));
    }

    @Override
    public void execute(Action.AnnounceAway action) {
        homeLinkArp.announceAway(action.homeAddress());
    }

    @Override
    public void execute(Action.AnnounceHome action) {
        homeLinkArp.announceHome(action.homeAddress(), action.mac());
    }

    @Override
    public void execute(Action.ReadNeighbour action) {
        kernel.readNeighbour(action.homeAddress());
    }

    @Override
    public void execute(Action.AnswerProbe action) {
        homeLinkArp.answerProbe(action.homeAddress(), action.prober());
    }

    @Override
    public void execute(Action.Advertise action) {
        advertisements.accept(action);
    }

    @Override
    public void execute(Action.ArmAdvertisement action) {
        loop.arm(Event.AdvertisementDue.class, AdvertisementTimes.within(action.window()), Event.AdvertisementDue::new);
    }

    @Override
    public void execute(Action.Report action) {
        var fact = action.fact();
        switch (fact.level()) {
            case DEBUG -> {
                if (log.isDebugEnabled()) {
                    log.debug("{}", fact.line());
                }
            }
            case INFO -> log.info("{}", fact.line());
            case WARN -> log.warn("{}", fact.line());
        }
        if (fact instanceof Fact.Discarded discarded) {
            metrics.countDiscard(discarded.discard());
        } else if (fact instanceof Fact.StagedEntryGone gone) {
            metrics.countHandover(gone.how());
        } else if (fact instanceof Fact.BindingEnded ended) {
            metrics.countEnd(ended.how());
        } else if (fact instanceof Fact.RevocationSent
                || fact instanceof Fact.RevocationAcknowledged
                || fact instanceof Fact.RevocationUnanswered) {
            metrics.countRevocation(fact);
        } else if (fact instanceof Fact.RoomOpened opened) {
            metrics.arrivals()
                    .countOpening(opened.action().room(), opened.action().why(), opened.more());
        }
    }
}
