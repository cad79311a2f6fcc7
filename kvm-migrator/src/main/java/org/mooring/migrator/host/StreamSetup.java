package org.mooring.migrator.host;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.mooring.qmp.QmpClient;
import org.mooring.runtime.json.Json;

/**
 * What a QEMU is told before a stream flows.
 *
 * @param tls the directory of QEMU's certificates, where the stream is encrypted
 */
record StreamSetup(Optional<Path> tls) {
    private static final String CREDENTIALS = "migration-tls";
    private static final int MEBIBYTE = 1 << 20;

    /** QEMU's default, in MiB/s. */
    private static final int QEMUS_BANDWIDTH = 128;

    /** At the destination. */
    CompletionStage<?> receiver(QmpClient qemu) {
        return capabilities(qemu)
                .thenCompose(done -> credentials(qemu, "server"))
                .thenCompose(done -> qemu.execute("migrate-set-parameters", credentialsParameter()));
    }

    /**
     * At the source.
     *
     * @param tlsName what the destination's certificate calls it
     * @param maxBandwidth in MiB/s; QEMU's own default where absent
     */
    CompletionStage<?> sender(QmpClient qemu, String tlsName, Duration downtimeLimit, OptionalInt maxBandwidth) {
        ObjectNode parameters = credentialsParameter();
        parameters.put("tls-hostname", tls.isPresent() ? tlsName : "");
        parameters.put("downtime-limit", downtimeLimit.toMillis());
        // Also where nobody wants another: an earlier attempt may have left its own.
        parameters.put("max-bandwidth", (long) maxBandwidth.orElse(QEMUS_BANDWIDTH) * MEBIBYTE);
        return capabilities(qemu)
                .thenCompose(done -> credentials(qemu, "client"))
                .thenCompose(done -> qemu.execute("migrate-set-parameters", parameters));
    }

    private static CompletionStage<JsonNode> capabilities(QmpClient qemu) {
        ObjectNode capabilities = Json.MAPPER.createObjectNode();
        // Without the return path the source would call it completed before the destination runs.
        for (String capability : new String[] {"events", "return-path"}) {
            capabilities
                    .withArray("capabilities")
                    .addObject()
                    .put("capability", capability)
                    .put("state", true);
        }
        return qemu.execute("migrate-set-capabilities", capabilities);
    }

    private CompletionStage<?> credentials(QmpClient qemu, String endpoint) {
        if (tls.isEmpty()) {
            return CompletableFuture.completedStage(null);
        }
        ObjectNode credentials = Json.MAPPER
                .createObjectNode()
                .put("qom-type", "tls-creds-x509")
                .put("id", CREDENTIALS)
                .put("dir", tls.get().toString())
                .put("endpoint", endpoint)
                .put("verify-peer", true);
        // An earlier attempt may have left some, with certificates that were renewed since.
        return qemu.execute("object-del", Json.MAPPER.createObjectNode().put("id", CREDENTIALS))
                .exceptionally(none -> credentials)
                .thenCompose(done -> qemu.execute("object-add", credentials));
    }

    private ObjectNode credentialsParameter() {
        return Json.MAPPER.createObjectNode().put("tls-creds", tls.isPresent() ? CREDENTIALS : "");
    }
}
