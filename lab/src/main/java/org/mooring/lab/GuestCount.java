package org.mooring.lab;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * What reached the guest of one UDP flow, as counted there.
 *
 * @param received all of its packets, duplicates included
 * @param duplicated those that had been there before
 * @param reordered those that came after one with a greater number (RFC 4737 §3)
 */
record GuestCount(int received, int duplicated, int reordered) {
    private static final int PORT = 4341;

    static GuestCount ask(Namespace namespace, String guest, int flow) {
        return parse(answer(namespace, guest, Integer.toString(flow)));
    }

    /** How many TCP segments the guest has sent once more, in all its sessions. */
    static long retransmitted(Namespace namespace, String guest) {
        return Long.parseLong(answer(namespace, guest, "tcp"));
    }

    private static String answer(Namespace namespace, String guest, String question) {
        return namespace.call(() -> {
            try (var channel = SocketChannel.open(new InetSocketAddress(guest, PORT))) {
                channel.write(ByteBuffer.wrap((question + "\n").getBytes(StandardCharsets.US_ASCII)));
                String line = new BufferedReader(
                                new InputStreamReader(channel.socket().getInputStream(), StandardCharsets.US_ASCII))
                        .readLine();
                if (line == null) {
                    throw new IOException("the guest says nothing about " + question);
                }
                return line;
            }
        });
    }

    private static GuestCount parse(String line) {
        String[] numbers = line.split(" ", -1);
        if (numbers.length != 4) {
            throw new LabException("the guest says: " + line);
        }
        if (!numbers[3].equals("0")) {
            throw new LabException("the flow was longer than the guest can count");
        }
        return new GuestCount(Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]), Integer.parseInt(numbers[2]));
    }

    /** How many different packets of {@code sent} never came. */
    int lost(int sent) {
        return sent - (received - duplicated);
    }
}
