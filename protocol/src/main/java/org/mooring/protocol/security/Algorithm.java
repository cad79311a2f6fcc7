package org.mooring.protocol.security;

import org.bouncycastle.crypto.Digest;
import org.bouncycastle.crypto.digests.MD5Digest;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.KeyParameter;
import org.mooring.protocol.wire.Octets;

/** How an authenticator is computed, and over what (RFC 3344 §3.5.1, §5.1). */
public enum Algorithm {
    /** HMAC-MD5, untruncated (RFC 2104): the default that everybody has. */
    HMAC_MD5 {
        @Override
        Octets compute(Key key, Octets covered) {
            return hmac(new MD5Digest(), key, covered);
        }
    },

    /** HMAC-SHA-256, untruncated (RFC 2104, FIPS 180-4): where both ends are told to use it. No RFC of Mobile IPv4 numbers it. */
    HMAC_SHA_256 {
        @Override
        int authenticatorLength() {
            return 32;
        }

        @Override
        Octets compute(Key key, Octets covered) {
            return hmac(new SHA256Digest(), key, covered);
        }
    },

    /** MD5 over key, message, key: for peers older than RFC 3344. */
    MD5_PREFIX_SUFFIX {
        @Override
        Octets compute(Key key, Octets covered) {
            return prefixSuffix(key, covered);
        }
    },

    /** The same as RFC 2002 §3.5.1 has it, where the SPI is not covered. */
    MD5_PREFIX_SUFFIX_WITHOUT_SPI {
        @Override
        Octets compute(Key key, Octets covered) {
            return prefixSuffix(key, covered.slice(0, covered.length() - SPI_LENGTH));
        }
    };

    private static final int SPI_LENGTH = 4;
    private static final int MD5_LENGTH = 16;

    /** Octets that an authenticator has. */
    int authenticatorLength() {
        return MD5_LENGTH;
    }

    /**
     * The authenticator.
     *
     * @param covered everything from the message type up to and including the authentication extension's SPI
     */
    abstract Octets compute(Key key, Octets covered);

    private static Octets hmac(Digest digest, Key key, Octets covered) {
        var mac = new HMac(digest);
        mac.init(new KeyParameter(key.octets().toByteArray()));
        var input = covered.toByteArray();
        mac.update(input, 0, input.length);
        var authenticator = new byte[mac.getMacSize()];
        mac.doFinal(authenticator, 0);
        return Octets.of(authenticator);
    }

    private static Octets prefixSuffix(Key key, Octets covered) {
        var digest = new MD5Digest();
        for (var part : new Octets[] {key.octets(), covered, key.octets()}) {
            var input = part.toByteArray();
            digest.update(input, 0, input.length);
        }
        var authenticator = new byte[digest.getDigestSize()];
        digest.doFinal(authenticator, 0);
        return Octets.of(authenticator);
    }
}
