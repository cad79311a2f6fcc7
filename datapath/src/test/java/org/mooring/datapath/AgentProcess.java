package org.mooring.datapath;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.mooring.datapath.Topology.Site;
import org.mooring.linux.Ipv4;

/** An agent's datapath in a process of its own, which can be killed: with the guest as its one mobile node. */
final class AgentProcess implements AutoCloseable {
    private static final String HOME = "home";
    private static final String FOREIGN = "foreign";
    private static final String READY = "ready";

    private final Process process;

    private AgentProcess(Process process) {
        this.process = process;
    }

    /** The home agent, whose guest visits {@code site}. */
    static AgentProcess home(DatapathTest datapath, Site home, Site site, Encapsulation encapsulation)
            throws Exception {
        return start(datapath, HOME, home, site.careOfAddress().getHostAddress(), encapsulation);
    }

    static AgentProcess foreign(DatapathTest datapath, Site site, Encapsulation encapsulation) throws Exception {
        return start(datapath, FOREIGN, site, site.careOfAddress().getHostAddress(), encapsulation);
    }

    private static AgentProcess start(
            DatapathTest datapath, String role, Site site, String careOfAddress, Encapsulation encapsulation)
            throws Exception {
        Process process = new ProcessBuilder(
                        "ip",
                        "netns",
                        "exec",
                        site.router().name(),
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UnlockDiagnosticVMOptions",
                        "-XX:-BytecodeVerificationRemote",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        AgentProcess.class.getName(),
                        datapath.getClass().getName(),
                        role,
                        careOfAddress,
                        encapsulation.name())
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
        var encapsulation = Encapsulation.valueOf(arguments[3]);
        List<String> lan = List.of("lan");
        List<String> wan = List.of("wan");
        Datapath<?> opened = arguments[1].equals(HOME)
                ? datapath.openHome(
                        new HomeDatapathConfig(
                                Topology.HOME_AGENT, HomeDatapathConfig.DEVICE, "lan", wan, MtuPolicy.ICMP, false),
                        List.of(new HomeForwarding(Topology.GUEST, Behaviour.tunnel(careOfAddress, encapsulation))),
                        Waiting.UNHEARD)
                : datapath.openVisitors(
                        new VisitorDatapathConfig(
                                careOfAddress, VisitorDatapathConfig.DEVICE, lan, wan, MtuPolicy.ICMP, false),
                        List.of(Behaviour.visitor(encapsulation)),
                        Waiting.UNHEARD);
        System.out.println(READY);
        while (opened != null) {
            LockSupport.park();
        }
    }
}
