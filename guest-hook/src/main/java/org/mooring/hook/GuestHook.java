package org.mooring.hook;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.mooring.hook.Action.Report;
import org.mooring.protocol.handover.Arrivals;
import org.mooring.protocol.nat.EchoPacket;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationReply;

/**
 * The mobile node of RFC 3344 §3.6 for each guest of a host: events in, actions out. Opens nothing, reads no clock.
 * Confined to one thread.
 */
public final class GuestHook {
    private final Link link;
    private final @Nullable Discovery discovery;
    private final int enterpriseNumber;
    private final IntSupplier random;
    private final PlainAgents plainAgents = new PlainAgents();
    private final Map<String, MobileNode> mobileNodes = new TreeMap<>();
    private final Set<String> notConfigured = new HashSet<>();
    private final Arrivals arrivals =
            new Arrivals(new ArrivalActions(action -> current().add(action)));
    private List<Action> current = new ArrayList<>();

    /**
     * A hook that knows of none of {@code guests} where it is.
     *
     * @param enterpriseNumber whose vendor extensions are spoken (RFC 3115)
     * @param random fills the bits of an Identification that the clock doesn't supply (§5.7.1); handover ids are drawn
     *     from it, which nobody may guess
     */
    public GuestHook(Link link, List<Guest> guests, int enterpriseNumber, IntSupplier random) {
        this.link = link;
        this.enterpriseNumber = enterpriseNumber;
        this.random = random;
        Discoverable discoverable = link.discoverable();
        this.discovery = discoverable == null ? null : new Discovery(discoverable, random);
        guests.forEach(this::add);
    }

    public List<Action> handle(Event event) {
        List<Action> out = new ArrayList<>();
        current = out;
        event.on(new Handling(out));
        return out;
    }

    /** All configured guests, in the order of their names. */
    public List<GuestStatus> guests() {
        return mobileNodes.values().stream().map(MobileNode::status).toList();
    }

    /** What a request for {@code guest} would be dated at {@code at}; empty if there is no such guest. */
    public Optional<Instant> dated(String guest, Instant at) {
        return Optional.ofNullable(mobileNodes.get(guest)).map(mobileNode -> mobileNode.dated(at));
    }

    /** The foreign agents that are discovered, in the order in which they were heard first. */
    public List<AdvertisedAgent> agents() {
        return discovery == null ? List.of() : discovery.agents();
    }

    /** Who would serve a guest that came to visit at {@code at}. */
    public Optional<TunnelEnd> tunnelEnd(Instant at) {
        return Optional.ofNullable(link.tunnelEnd())
                .or(() -> discovery == null
                        ? Optional.empty()
                        : discovery.best(any -> true, at).map(agent -> agent.offer(Ipv4Address.UNSPECIFIED)));
    }

    /** What is being made of the present event. */
    private List<Action> current() {
        return current;
    }

    private void add(Guest guest) {
        Attachment attachment = new Attachment(guest, link, discovery);
        mobileNodes.put(
                guest.name(),
                new MobileNode(
                        guest, link, attachment, plainAgents, arrivals, enterpriseNumber, random, this::current));
    }

    private final class Handling implements Event.Handler {
        private final List<Action> out;

        Handling(List<Action> out) {
            this.out = out;
        }

        @Override
        public void handle(Event.Happened event) {
            MobileNode mobileNode = mobileNodes.get(event.guest());
            if (mobileNode != null) {
                mobileNode.happened(event.what(), event.occurred(), event.at(), out);
            } else if (event.what() == Happening.ENDED) {
                notConfigured.remove(event.guest());
            } else if (notConfigured.add(event.guest())) {
                out.add(new Report(event.at(), Fact.notConfigured(event.guest())));
            }
        }

        @Override
        public void handle(Event.Vanished event) {
            MobileNode mobileNode = mobileNodes.get(event.guest());
            if (mobileNode != null) {
                mobileNode.vanished(event.reason(), event.at(), out);
            }
            notConfigured.remove(event.guest());
        }

        @Override
        public void handle(Event.CheckRequested event) {
            MobileNode mobileNode = mobileNodes.get(event.guest());
            if (mobileNode != null) {
                mobileNode.checkRequested(event.at(), out);
            }
        }

        @Override
        public void handle(Event.TimeTold event) {
            MobileNode mobileNode = mobileNodes.get(event.guest());
            if (mobileNode != null) {
                mobileNode.follow(event.time(), event.at());
            }
        }

        @Override
        public void handle(Event.ReplyReceived event) {
            if (event.decoded() instanceof Decoded.Message message
                    && message.message() instanceof RegistrationReply reply) {
                mobileNodes.values().stream()
                        .filter(mobileNode -> mobileNode.hasHomeAddress(reply.homeAddress()))
                        .forEach(mobileNode -> mobileNode.replyReceived(message, reply, event.at(), out));
            }
        }

        @Override
        public void handle(Event.TimerFired event) {
            MobileNode mobileNode = mobileNodes.get(event.guest());
            if (mobileNode != null) {
                mobileNode.timerFired(event.timer(), event.at(), out);
            }
        }

        @Override
        public void handle(Event.Started event) {
            if (discovery != null) {
                discovery.start(event.at(), out);
            }
        }

        @Override
        public void handle(Event.AdvertisementReceived event) {
            if (discovery != null) {
                discovery.heard(event.from(), event.advertisement(), event.at(), out);
                agentsChanged(event.at());
            }
        }

        @Override
        public void handle(Event.DiscoveryDue event) {
            if (discovery != null) {
                discovery.due(event.at(), out);
                agentsChanged(event.at());
            }
        }

        private void agentsChanged(Instant at) {
            mobileNodes.values().forEach(mobileNode -> mobileNode.agentsChanged(at, out));
        }

        @Override
        public void handle(Event.HeardOnLink event) {
            MobileNode mobileNode = mobileNodes.get(event.guest());
            if (mobileNode != null) {
                mobileNode.heardOnLink(event.at(), out);
            }
        }

        @Override
        public void handle(Event.Redirected event) {
            mobileNodes.values().forEach(mobileNode -> mobileNode.redirected(event.id(), event.at(), out));
        }

        @Override
        public void handle(Event.FramesRescued event) {
            MobileNode mobileNode = mobileNodes.get(event.guest());
            if (mobileNode != null) {
                mobileNode.framesRescued(event.rescued(), event.lost(), event.at(), out);
            }
        }

        @Override
        public void handle(Event.Forwarded event) {
            MobileNode mobileNode = mobileNodes.get(event.guest());
            if (mobileNode != null) {
                mobileNode.forwarded(event.forwarding(), event.refused(), event.at(), out);
            }
        }

        @Override
        public void handle(Event.MessageReceived event) {
            arrivals.receive(event.datagram(), enterpriseNumber, event.at());
        }

        @Override
        public void handle(Event.TunnelDataReceived event) {
            EchoPacket.decode(event.data())
                    .ifPresent(echo -> mobileNodes.values().stream()
                            .filter(mobileNode -> mobileNode.hasHomeAddress(echo.destination()))
                            .forEach(mobileNode -> mobileNode.echoReceived(echo, event.at())));
        }

        @Override
        public void handle(Event.MarkerReceived event) {
            arrivals.mark(event.homeAddress(), event.datagram(), enterpriseNumber, event.at());
        }

        @Override
        public void handle(Event.WaitBegan event) {
            arrivals.began(event.homeAddress(), event.room(), event.at());
        }

        @Override
        public void handle(Event.ArrivalDue event) {
            arrivals.due(event.homeAddress(), event.at());
        }

        @Override
        public void handle(Event.Configured event) {
            Map<String, Guest> configured = new TreeMap<>();
            event.guests().forEach(guest -> configured.put(guest.name(), guest));
            for (MobileNode known : List.copyOf(mobileNodes.values())) {
                Guest next = configured.remove(known.guest().name());
                if (next != null) {
                    known.share(next.associations(), event.at(), out);
                }
                if (known.guest().equals(next)) {
                    continue;
                }
                if (known.phase() != Phase.GONE) {
                    out.add(new Report(event.at(), Fact.keepsItsConfiguration(known.guest())));
                    continue;
                }
                known.dismissed(out);
                mobileNodes.remove(known.guest().name());
                if (next != null) {
                    add(next);
                }
            }
            configured.values().forEach(GuestHook.this::add);
            notConfigured.removeAll(mobileNodes.keySet());
        }
    }
}
