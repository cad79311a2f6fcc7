package org.mooring.runtime.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.mooring.runtime.Failure;
import org.mooring.runtime.json.Json;

/**
 * Asks a daemon through its control socket: one blocking call a request. Needs no Netty, so that {@code show} starts
 * quickly.
 */
public final class ControlClient {
    /** A request that the daemon refused. */
    public static final class RefusedException extends Failure {
        private final int status;

        RefusedException(int status, String what) {
            super(what);
            this.status = status;
        }

        /** HTTP's: 404, there is no such thing; 409, not in this state. */
        public int status() {
            return status;
        }
    }

    /** A daemon that is there, and hasn't answered in time. */
    public static final class SilenceException extends Failure {
        SilenceException(String what) {
            super(what);
        }
    }

    private static final int HTTP_OK = 200;

    private final String program;
    private final Path socket;
    private final Duration timeout;

    /**
     * Connects at each request.
     *
     * @param program who is asked, for what goes wrong
     * @param timeout for one request and its answer
     */
    public ControlClient(String program, Path socket, Duration timeout) {
        this.program = program;
        this.socket = socket;
        this.timeout = timeout;
    }

    /**
     * Looks at something.
     *
     * @throws RefusedException if the daemon refuses
     * @throws Failure if it isn't there or doesn't answer
     */
    public JsonNode get(String path) throws Failure {
        return ask("GET", path, "");
    }

    /**
     * Has something done.
     *
     * @param body written as JSON
     * @throws RefusedException if the daemon refuses
     * @throws Failure if it isn't there or doesn't answer
     */
    public JsonNode post(String path, Object body) throws Failure {
        try {
            return ask("POST", path, Json.MAPPER.writeValueAsString(body));
        } catch (JsonProcessingException e) {
            throw new AssertionError("a request that can't be written as JSON: " + body.getClass(), e);
        }
    }

    private JsonNode ask(String method, String path, String body) throws Failure {
        byte[] octets = body.getBytes(StandardCharsets.UTF_8);
        String head = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + "Content-Type: application/json\r\nContent-Length: " + octets.length + "\r\n\r\n";
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
        request.writeBytes(octets);
        return parse(exchange(request.toByteArray()));
    }

    private String exchange(byte[] request) throws Failure {
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
                Selector selector = Selector.open()) {
            channel.configureBlocking(false);
            SelectionKey key = channel.register(selector, SelectionKey.OP_WRITE);
            long deadline = System.nanoTime() + timeout.toNanos();
            ByteBuffer out = ByteBuffer.wrap(request);
            while (out.hasRemaining()) {
                await(selector, deadline);
                channel.write(out);
            }
            key.interestOps(SelectionKey.OP_READ);
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            ByteBuffer in = ByteBuffer.allocate(8192);
            while (true) {
                await(selector, deadline);
                if (channel.read(in) < 0) {
                    return answer.toString(StandardCharsets.UTF_8);
                }
                answer.write(in.array(), 0, in.position());
                in.clear();
            }
        } catch (IOException e) {
            throw new Failure(explain(e), e);
        }
    }

    private void await(Selector selector, long deadline) throws IOException, Failure {
        long millis = (deadline - System.nanoTime()) / 1_000_000;
        if (millis <= 0) {
            throw new SilenceException(program + " does not answer within " + timeout.toMillis() + " ms at " + socket
                    + ": its log may say why");
        }
        selector.select(millis);
        selector.selectedKeys().clear();
    }

    private String explain(IOException e) {
        if (!Files.exists(socket)) {
            return "is " + program + " running? There is no socket at " + socket + ": start it, or name its socket";
        }
        if (!Files.isWritable(socket)) {
            return "no permission for " + socket + ": ask as root or as a member of its group";
        }
        return "is " + program + " running? Nobody answers at " + socket + " (" + e.getMessage() + "): start it";
    }

    private JsonNode parse(String answer) throws Failure {
        if (answer.isEmpty()) {
            throw new Failure(
                    "is " + program + " running? It ended before it answered at " + socket + ": its log may say why");
        }
        int end = answer.indexOf("\r\n\r\n");
        String[] statusLine = answer.lines().findFirst().orElse("").split(" ", 3);
        if (end < 0 || statusLine.length < 2 || !statusLine[1].matches("[0-9]{3}")) {
            throw new Failure("what listens at " + socket + " is not " + program + ": name its socket");
        }
        JsonNode json;
        try {
            json = Json.MAPPER.readTree(answer.substring(end + 4));
        } catch (JsonProcessingException e) {
            throw new Failure("what listens at " + socket + " is not " + program + ": name its socket", e);
        }
        int status = Integer.parseInt(statusLine[1]);
        if (status != HTTP_OK) {
            throw new RefusedException(status, json.path("error").asText("refused with HTTP status " + status));
        }
        return json;
    }
}
