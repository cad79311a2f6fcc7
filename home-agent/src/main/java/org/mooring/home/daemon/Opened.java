package org.mooring.home.daemon;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What was opened so far, to be closed in the reverse order. */
final class Opened implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Opened.class);

    private final Deque<AutoCloseable> resources = new ArrayDeque<>();

    <R extends AutoCloseable> R keep(R resource) {
        resources.push(resource);
        return resource;
    }

    /** Closes all, also after one that could not be. */
    @Override
    public void close() {
        while (!resources.isEmpty()) {
            var resource = resources.pop();
            try {
                resource.close();
            } catch (Exception e) {
                log.warn("not closed in good order: {}", resource.getClass().getSimpleName(), e);
            }
        }
    }
}
