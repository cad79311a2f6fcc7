package org.mooring.foreign;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.mooring.protocol.wire.Challenge;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.GeneralizedAuthentication;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;

/**
 * The challenges of RFC 4721: those that were made up lately, whom they were told, and who has used which. What is told to one station, or
 * was used, is forgotten in the order of its age where there is too much of it: then it is unknown. Confined to the agent loop.
 */
final class Challenges {
    /** CHALLENGE_WINDOW (§9): how many of those that were advertised to all are good. */
    private static final int WINDOW = 2;

    private static final int MOST = 65_536;

    private record Use(Ipv4Address homeAddress, Octets challenge) {}

    private final IntSupplier random;

    /** By link, the newest first. */
    private final Map<String, Deque<Octets>> advertised = new HashMap<>();

    /** What each station was told last, and nobody else, until it is used. */
    private final Map<Station, Octets> told = new LinkedHashMap<>();

    private final Set<Use> used = new LinkedHashSet<>();

    /** @param random what challenges are made of; nobody may be able to tell the next ones */
    Challenges(IntSupplier random) {
        this.random = random;
    }

    /** A new one, for all on {@code link}. */
    Octets advertise(String link) {
        var challenges = advertised.computeIfAbsent(link, any -> new ArrayDeque<>());
        challenges.addFirst(next());
        if (challenges.size() > WINDOW) {
            var gone = challenges.removeLast();
            used.removeIf(use -> use.challenge().equals(gone));
        }
        return challenges.getFirst();
    }

    /** For {@code station} alone, which has asked for one (§2.1): the same again until it is used. */
    Octets tell(Station station) {
        return Optional.ofNullable(told.get(station)).orElseGet(() -> tellNew(station));
    }

    /** For the next request of the mobile node at {@code station} (§3.3): one that it has not used. */
    Octets tell(Station station, Ipv4Address homeAddress) {
        var latest = advertised.getOrDefault(station.link(), new ArrayDeque<>()).stream()
                .limit(1);
        return Stream.concat(latest, Stream.ofNullable(told.get(station)))
                .filter(challenge -> !used.contains(new Use(homeAddress, challenge)))
                .findFirst()
                .orElseGet(() -> tellNew(station));
    }

    private Octets tellNew(Station station) {
        var challenge = next();
        told.remove(station);
        told.put(station, challenge);
        forgetOldest(told.keySet());
        return challenge;
    }

    /**
     * Why {@code request} is not one of now (§3.2).
     *
     * @param associated whether its sender has an association with us, and so must have authenticated itself: then it may do without
     * @param pending the requests with its home address
     */
    Optional<Denial> denial(
            Origin origin, RegistrationRequest request, boolean associated, Stream<PendingRequest> pending) {
        var challenge = request.extension(Challenge.class).map(Challenge::value);
        if (challenge.isEmpty()) {
            return Denial.when(
                    !associated, ReplyCode.FA_MISSING_CHALLENGE, "no challenge, and none is known otherwise");
        }
        if (pending.anyMatch(waiting -> isRetransmission(origin, request, waiting))) {
            return Optional.empty();
        }
        return Denial.when(
                        used.contains(new Use(request.homeAddress(), challenge.get())),
                        ReplyCode.FA_STALE_CHALLENGE,
                        "it has used this challenge before")
                .or(() -> Denial.when(
                        !isGood(origin, challenge.get()),
                        ReplyCode.FA_UNKNOWN_CHALLENGE,
                        "a challenge that it was not told lately"));
    }

    private static boolean isRetransmission(Origin origin, RegistrationRequest request, PendingRequest waiting) {
        var other = waiting.request();
        return Station.of(origin).equals(Station.of(waiting.origin()))
                && waiting.homeAgent().equals(AskedHomeAgent.of(request))
                && other.careOfAddress().equals(request.careOfAddress())
                && other.flags().equals(request.flags())
                && other.extension(Challenge.class).equals(request.extension(Challenge.class));
    }

    private boolean isGood(Origin origin, Octets challenge) {
        return advertised.getOrDefault(origin.link(), new ArrayDeque<>()).contains(challenge)
                || Optional.ofNullable(told.get(Station.of(origin)))
                        .filter(challenge::equals)
                        .isPresent();
    }

    /** The challenge of a request that was good enough to be relayed is used up. */
    void use(Origin origin, RegistrationRequest request) {
        request.extension(Challenge.class).ifPresent(challenge -> {
            told.remove(Station.of(origin), challenge.value());
            used.add(new Use(request.homeAddress(), challenge.value()));
            forgetOldest(used);
        });
    }

    /** §3.2: whether there is a challenge, and nobody authenticates it. */
    static boolean isUnauthenticated(RegistrationRequest request) {
        var extensions = request.extensions();
        int challenge = 0;
        while (challenge < extensions.size() && !(extensions.get(challenge) instanceof Challenge)) {
            challenge++;
        }
        List<Extension> behind = extensions.subList(Math.min(challenge + 1, extensions.size()), extensions.size());
        return challenge < extensions.size() && behind.stream().noneMatch(Challenges::authenticates);
    }

    private static boolean authenticates(Extension extension) {
        return extension instanceof Authentication authentication
                ? authentication.kind() == Kind.MOBILE_FOREIGN
                : extension instanceof GeneralizedAuthentication && extension.isAuthorizationEnabling();
    }

    private Octets next() {
        var octets = new byte[2 * Integer.BYTES];
        ByteBuffer.wrap(octets).putInt(random.getAsInt()).putInt(random.getAsInt());
        return Octets.of(octets);
    }

    private static void forgetOldest(Collection<?> things) {
        if (things.size() > MOST) {
            Iterator<?> oldest = things.iterator();
            oldest.next();
            oldest.remove();
        }
    }
}
