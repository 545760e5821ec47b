package io.helmwatch.pipeline.systemd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** systemd's own library and a socket as systemd opens it, in a Java process of its own, since the address is an environment variable. */
class SystemdNotifierTest {
    /** Prints what arrives on a datagram socket, after a line that says that it listens. */
    private static final String LISTENER = """
            import os, socket, sys
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            s.bind(sys.argv[1]); print('listening', flush=True)
            while True: print(s.recv(4096).decode().replace('\\n', ' '), flush=True)
            """;

    @TempDir
    Path folder;

    @Test
    void shouldReportThatItIsReadyAliveStuckAndStopping() throws Exception {
        Path socket = folder.resolve("notify");
        Process listener = start(new ProcessBuilder("python3", "-c", LISTENER, socket.toString()));
        try (BufferedReader heard = listener.inputReader(StandardCharsets.UTF_8)) {
            assertThat(heard.readLine()).isEqualTo("listening");
            ProcessBuilder service = new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    Service.class.getName());
            service.environment().put("NOTIFY_SOCKET", socket.toString());
            service.environment().put("WATCHDOG_USEC", "100000");
            service.redirectErrorStream(true);
            Process process = service.start();
            List<String> told = new ArrayList<>();
            do {
                told.add(heard.readLine());
            } while (!told.get(told.size() - 1).equals("STOPPING=1"));
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();

            assertThat(told.get(0)).isEqualTo("READY=1");
            assertThat(told).contains("WATCHDOG=1", "STATUS=stages stalled for 40 s");
            assertThat(told.subList(told.indexOf("STATUS=stages stalled for 40 s"), told.size()))
                    .doesNotContain("WATCHDOG=1");
        } finally {
            listener.destroy();
        }
    }

    @Test
    void shouldFeedTheWatchdogOfThisProcessOnly() {
        String own = Long.toString(ProcessHandle.current().pid());
        assertThat(SystemdNotifier.watchdogNanos(Map.of("WATCHDOG_USEC", "30000000", "WATCHDOG_PID", own)))
                .isEqualTo(TimeUnit.SECONDS.toNanos(30));
        assertThat(SystemdNotifier.watchdogNanos(Map.of("WATCHDOG_USEC", "30000000", "WATCHDOG_PID", "1")))
                .isNegative();
        assertThat(SystemdNotifier.watchdogNanos(Map.of())).isNegative();
    }

    @Test
    void shouldDoNothingWithoutSystemd() {
        try (SystemdNotifier notifier = SystemdNotifier.start(Map.of(), () -> "never asked")) {
            assertThat(notifier).isNotNull();
        }
    }

    private static Process start(ProcessBuilder listener) throws Exception {
        boolean python =
                new ProcessBuilder("sh", "-c", "command -v python3").start().waitFor() == 0;
        assumeTrue(python, "there is no python3, which listens as systemd does: install it");
        return listener.start();
    }

    /** A service that is well three times it is asked, then stuck, then stopped. */
    static final class Service {
        public static void main(String[] arguments) throws Exception {
            AtomicInteger asked = new AtomicInteger();
            SystemdNotifier notifier =
                    SystemdNotifier.start(() -> asked.incrementAndGet() <= 3 ? "" : "stages stalled for 40 s");
            while (asked.get() < 8) {
                Thread.sleep(10);
            }
            notifier.close();
        }
    }
}
