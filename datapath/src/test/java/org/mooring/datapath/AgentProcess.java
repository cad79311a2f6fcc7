package org.mooring.datapath;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.Inet4Address;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.mooring.datapath.Topology.Site;
import org.mooring.linux.Ipv4;

/** An agent's datapath in a process of its own, which can be killed. */
final class AgentProcess implements AutoCloseable {
    private static final String HOME = "home";
    private static final String FOREIGN = "foreign";
    private static final String READY = "ready";

    private final Process process;

    private AgentProcess(Process process) {
        this.process = process;
    }

    /** The home agent, whose guests visit {@code site}. */
    static AgentProcess home(DatapathTest datapath, Site home, Site site, Map<Inet4Address, Encapsulation> guests)
            throws Exception {
        return start(datapath, HOME, home, site.careOfAddress(), guests);
    }

    static AgentProcess foreign(DatapathTest datapath, Site site, Map<Inet4Address, Encapsulation> guests)
            throws Exception {
        return start(datapath, FOREIGN, site, site.careOfAddress(), guests);
    }

    static List<HomeForwarding> bound(Map<Inet4Address, Encapsulation> guests, Inet4Address careOfAddress) {
        return guests.entrySet().stream()
                .map(guest -> new HomeForwarding(guest.getKey(), Behaviour.tunnel(careOfAddress, guest.getValue())))
                .toList();
    }

    static List<VisitorForwarding> visiting(Map<Inet4Address, Encapsulation> guests) {
        return guests.entrySet().stream()
                .map(guest -> new VisitorForwarding(
                        guest.getKey(),
                        Behaviour.tunnel(Topology.HOME_AGENT, guest.getValue()),
                        "lan",
                        Topology.GUEST_MAC,
                        true))
                .toList();
    }

    private static AgentProcess start(
            DatapathTest datapath,
            String role,
            Site site,
            Inet4Address careOfAddress,
            Map<Inet4Address, Encapsulation> guests)
            throws Exception {
        String mobileNodes = guests.entrySet().stream()
                .map(guest -> guest.getKey().getHostAddress() + "=" + guest.getValue())
                .collect(Collectors.joining(","));
        Process process = new ProcessBuilder(
                        "ip",
                        "netns",
                        "exec",
                        site.router().name(),
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-XX:+UnlockDiagnosticVMOptions",
                        "-XX:-BytecodeVerificationRemote",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        AgentProcess.class.getName(),
                        datapath.getClass().getName(),
                        role,
                        careOfAddress.getHostAddress(),
                        mobileNodes)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader said = process.inputReader(StandardCharsets.UTF_8);
        for (String line = said.readLine(); !READY.equals(line); line = said.readLine()) {
            if (line == null) {
                throw new IOException("the agent ended with status " + process.waitFor());
            }
        }
        return new AgentProcess(process);
    }

    /** As {@code kill -9}. */
    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }

    public static void main(String... arguments) throws Exception {
        var datapath = Class.forName(arguments[0])
                .asSubclass(DatapathTest.class)
                .getDeclaredConstructor()
                .newInstance();
        var careOfAddress = Ipv4.address(arguments[2]);
        Map<Inet4Address, Encapsulation> guests = new HashMap<>();
        for (String guest : arguments[3].split(",", -1)) {
            String[] parts = guest.split("=", -1);
            guests.put(Ipv4.address(parts[0]), Encapsulation.valueOf(parts[1]));
        }
        List<String> lan = List.of("lan");
        List<String> wan = List.of("wan");
        Datapath<?> opened = arguments[1].equals(HOME)
                ? datapath.openHome(
                        new HomeDatapathConfig(
                                Topology.HOME_AGENT, HomeDatapathConfig.DEVICE, "lan", wan, MtuPolicy.ICMP, false),
                        bound(guests, careOfAddress),
                        Waiting.UNHEARD)
                : datapath.openVisitors(
                        new VisitorDatapathConfig(
                                careOfAddress, VisitorDatapathConfig.DEVICE, lan, wan, MtuPolicy.ICMP, false),
                        visiting(guests),
                        Waiting.UNHEARD);
        System.out.println(READY);
        while (opened != null) {
            LockSupport.park();
        }
    }
}
