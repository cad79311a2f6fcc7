package org.mooring.qmp;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** There is no monitor to talk to: nobody listens at the socket, it went away, or it doesn't speak QMP. */
public final class QmpConnectionException extends IOException {
    QmpConnectionException(Path socket, String reason, @Nullable Throwable cause) {
        super("QMP socket " + socket + ": " + reason, cause);
    }
}
