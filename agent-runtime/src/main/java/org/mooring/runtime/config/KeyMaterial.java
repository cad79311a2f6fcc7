package org.mooring.runtime.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.mooring.protocol.wire.Octets;

/** The secret of a mobility security association, in hexadecimal. Nothing here ever prints one. */
final class KeyMaterial {
    /** 128 bits (RFC 3344 §5.1). A shorter HMAC key is the same key as with zeros behind it (RFC 2104 §2). */
    private static final int LEAST_OCTETS = 16;

    static final Octets STAND_IN = Octets.of(new byte[LEAST_OCTETS]);

    static final Kind<Octets> INLINE =
            Kind.text("at least " + 2 * LEAST_OCTETS + " hexadecimal digits in quotes", STAND_IN, KeyMaterial::parse);

    /** Who may read a key file may register as the guest. */
    private static final Set<PosixFilePermission> OTHERS = Set.of(
            PosixFilePermission.GROUP_READ,
            PosixFilePermission.GROUP_WRITE,
            PosixFilePermission.OTHERS_READ,
            PosixFilePermission.OTHERS_WRITE);

    private KeyMaterial() {}

    private static Octets parse(String hex) {
        Octets key = Octets.ofHex(hex);
        if (key.length() < LEAST_OCTETS) {
            throw new IllegalArgumentException();
        }
        return key;
    }

    /** Whether every user of the machine can read {@code file}. */
    static boolean isForEverybody(Path file) {
        try {
            return Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ);
        } catch (IOException e) {
            return false; // It was read a moment ago, so it is gone.
        }
    }

    /** The key in {@code file}, one line of hexadecimal digits; a stand-in after a problem. */
    static Octets read(Path file, Consumer<String> problem) {
        try {
            if (Files.getPosixFilePermissions(file).stream().anyMatch(OTHERS::contains)) {
                problem.accept(file + " can be read or written by others than its owner: chmod 600 " + file);
                return STAND_IN;
            }
            Optional<Octets> key = INLINE.parse()
                    .apply(Files.readString(file, StandardCharsets.US_ASCII).strip());
            if (key.isPresent()) {
                return key.get();
            }
            problem.accept(
                    file + " does not hold a key: expected at least " + 2 * LEAST_OCTETS + " hexadecimal digits");
        } catch (NoSuchFileException e) {
            problem.accept(file
                    + ": no such file: copy the key of the other end there, or make one for both: openssl rand -hex 16 > "
                    + file);
        } catch (IOException e) {
            problem.accept(file + " cannot be read as a key file by this user");
        }
        return STAND_IN;
    }
}
