package org.mooring.runtime.control;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** What a control socket answers. A path is words and {@code {parameters}}: {@code /guests/{name}/events}. */
public final class Routes {
    /** Answers at once, on the agent's thread. */
    public interface Handler {
        /** A record, a list or a map, written as JSON after the agent's thread has gone on: never live state. */
        Object answer(Request request) throws Refusal;
    }

    /** Answers when something else has happened; called on the agent's thread. */
    public interface PatientHandler {
        /** As with {@link Handler#answer}; a {@link Refusal} may also be what the stage ends with. */
        CompletionStage<?> answer(Request request) throws Refusal;
    }

    private record Route(String method, List<String> path, PatientHandler handler) {}

    record Match(PatientHandler handler, Map<String, String> parameters) {}

    private final List<Route> routes = new ArrayList<>();

    /** Adds a route that only looks. */
    public Routes get(String path, Handler handler) {
        return add("GET", path, request -> CompletableFuture.completedFuture(handler.answer(request)));
    }

    /** Adds a route that only looks, where the agent's thread may not: it answers later, and with 503 if that fails. */
    public Routes getLater(String path, Supplier<? extends CompletionStage<?>> answer) {
        return add(
                "GET",
                path,
                request -> answer.get().handle((found, failure) -> {
                    if (failure != null) {
                        throw new CompletionException(Refusal.unavailable(String.valueOf(failure.getMessage())));
                    }
                    return found;
                }));
    }

    /** Adds a route that changes something. */
    public Routes post(String path, Handler handler) {
        return add("POST", path, request -> CompletableFuture.completedFuture(handler.answer(request)));
    }

    /** Adds a route that answers later. */
    public Routes postLater(String path, PatientHandler handler) {
        return add("POST", path, handler);
    }

    private Routes add(String method, String path, PatientHandler handler) {
        routes.add(new Route(method, words(path), handler));
        return this;
    }

    /**
     * The route for {@code path}.
     *
     * @throws Refusal if there is none, or only for another method
     */
    Match match(String method, String path) throws Refusal {
        List<String> words = words(path);
        boolean known = false;
        for (Route route : routes) {
            Optional<Map<String, String>> parameters = parameters(route.path(), words);
            if (parameters.isPresent() && route.method().equals(method)) {
                return new Match(route.handler(), parameters.get());
            }
            known |= parameters.isPresent();
        }
        throw known
                ? Refusal.methodNotAllowed(method + " is not for " + path)
                : Refusal.notFound("there is nothing at " + path);
    }

    private static Optional<Map<String, String>> parameters(List<String> route, List<String> words) {
        if (route.size() != words.size()) {
            return Optional.empty();
        }
        Map<String, String> parameters = new HashMap<>();
        for (int i = 0; i < route.size(); i++) {
            String word = route.get(i);
            if (word.startsWith("{")) {
                parameters.put(word.substring(1, word.length() - 1), words.get(i));
            } else if (!word.equals(words.get(i))) {
                return Optional.empty();
            }
        }
        return Optional.of(parameters);
    }

    private static List<String> words(String path) {
        return List.of(path.split("/", -1));
    }
}
