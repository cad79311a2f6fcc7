package org.mooring.conformance.client;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.mooring.conformance.client.Octets.Fields;

/** A mobility security association (RFC 5944 §1.6), and the authentication extensions by it (§3.5.1). */
record Association(long spi, Algorithm algorithm, Octets key) {
    private static final int SPI_LENGTH = 4;

    /** RFC 5944 §5.1. */
    enum Algorithm {
        HMAC_MD5("hmac-md5") {
            @Override
            Octets authenticator(Octets key, Octets covered) throws GeneralSecurityException {
                var mac = Mac.getInstance("HmacMD5");
                mac.init(new SecretKeySpec(key.bytes(), "HmacMD5"));
                return Octets.of(mac.doFinal(covered.bytes()));
            }
        },
        KEYED_MD5("md5-prefix-suffix") {
            @Override
            Octets authenticator(Octets key, Octets covered) throws GeneralSecurityException {
                return Octets.of(MessageDigest.getInstance("MD5")
                        .digest(key.and(covered).and(key).bytes()));
            }
        },
        /** As RFC 2002 §3.5.1 has it: what is covered ends before the SPI. */
        KEYED_MD5_OF_RFC_2002("md5-prefix-suffix-without-spi") {
            @Override
            Octets authenticator(Octets key, Octets covered) throws GeneralSecurityException {
                return KEYED_MD5.authenticator(key, covered.range(0, covered.length() - SPI_LENGTH));
            }
        },
        HMAC_SHA_256("hmac-sha-256") {
            @Override
            Octets authenticator(Octets key, Octets covered) throws GeneralSecurityException {
                var mac = Mac.getInstance("HmacSHA256");
                mac.init(new SecretKeySpec(key.bytes(), "HmacSHA256"));
                return Octets.of(mac.doFinal(covered.bytes()));
            }
        };

        /** What the programs' configuration files call it. */
        final String configured;

        Algorithm(String configured) {
            this.configured = configured;
        }

        /** Octets of its authenticators. */
        int length() {
            return this == HMAC_SHA_256 ? 32 : 16;
        }

        abstract Octets authenticator(Octets key, Octets covered) throws GeneralSecurityException;
    }

    /** {@code message} with an authentication extension at its end, which covers all before and its own type, length and SPI. */
    Octets seal(int type, Octets message) {
        var covered = message.and(new Fields()
                .u8(type)
                .u8(SPI_LENGTH + algorithm.length())
                .u32(spi)
                .done());
        return covered.and(authenticator(covered));
    }

    /** Whether {@code extension} of {@code message} is by this association. */
    boolean sealed(Octets message, Extension extension) {
        return extension.data().length() == SPI_LENGTH + algorithm.length()
                && extension.data().u32(0) == spi
                && extension.data().from(SPI_LENGTH).equals(authenticator(message.range(0, extension.offset() + 6)));
    }

    private Octets authenticator(Octets covered) {
        try {
            return algorithm.authenticator(key, covered);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }
}
