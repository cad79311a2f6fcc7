package org.mooring.lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.mooring.runtime.Failure;
import org.mooring.runtime.control.ControlClient;

/** A daemon's control socket. */
final class Control {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final ControlClient client;

    Control(String program, Path socket) {
        client = new ControlClient(program, socket, TIMEOUT);
    }

    boolean isHealthy() {
        try {
            return client.get("/health").isObject();
        } catch (Failure e) {
            return false;
        }
    }

    JsonNode get(String path) {
        try {
            return client.get(path);
        } catch (Failure e) {
            throw new LabException("GET " + path + ": " + e.getMessage(), e);
        }
    }

    JsonNode post(String path) {
        return post(path, Map.of());
    }

    /** @param body written as JSON */
    JsonNode post(String path, Object body) {
        try {
            return client.post(path, body);
        } catch (Failure e) {
            throw new LabException("POST " + path + ": " + e.getMessage(), e);
        }
    }
}
