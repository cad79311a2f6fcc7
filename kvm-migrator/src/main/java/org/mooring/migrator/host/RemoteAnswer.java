package org.mooring.migrator.host;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.mooring.runtime.Failure;

/** Waits for the one line that a verb prints on another host. */
final class RemoteAnswer implements RemoteSession.Listener {
    private final CompletableFuture<String> ended = new CompletableFuture<>();
    private final List<String> lines = new CopyOnWriteArrayList<>();

    private RemoteAnswer() {}

    /**
     * Runs the command.
     *
     * @param orders what it is told, at once
     * @param parse reads the line; empty where it is another, such as a login banner's
     * @throws Failure if there was no such line, with the reason
     */
    static <T> T to(RemoteCommand command, List<Order> orders, Function<String, Optional<T>> parse, int patienceSeconds)
            throws Failure {
        RemoteAnswer answer = new RemoteAnswer();
        try (RemoteSession session = RemoteSession.start(command, answer)) {
            orders.forEach(session::send);
            String end = answer.ended.get(patienceSeconds, TimeUnit.SECONDS);
            return answer.lines.stream()
                    .flatMap(line -> parse.apply(line).stream())
                    .findFirst()
                    .orElseThrow(() -> new Failure(end));
        } catch (TimeoutException e) {
            throw new Failure(
                    command.host().ssh() + " has not answered for " + patienceSeconds + " s: does 'ssh "
                            + command.host().ssh() + "' log in without a question?",
                    e);
        } catch (ExecutionException | InterruptedException e) {
            throw new AssertionError("nobody interrupts this thread, and the end of a session is never a failure", e);
        }
    }

    @Override
    public void onLine(String line) {
        lines.add(line);
    }

    @Override
    public void onEnd(boolean refused, String reason) {
        ended.complete(reason);
    }
}
