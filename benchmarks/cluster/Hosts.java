import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Where the processes of a site run: each host in its network namespace, made by cluster.sh, or all on one address of the
 * loopback network.
 *
 * <p>Threading: any thread.
 */
final class Hosts {
    /** A network that hosts are on; the name is that of their interface. */
    enum Network {
        KAFKA("10.87.0."),
        VIDEO("10.88.0.");

        private final String subnet;

        Network(String subnet) {
            this.subnet = subnet;
        }

        String interfaceName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final int KAFKA_PORT = 9092;
    private static final int FIRST_CAMERA_PORT = 8554;

    private final String site;

    /** Hosts of the site that cluster.sh made, or an address of the loopback network on which everything is. */
    Hosts(String site) {
        this.site = site;
    }

    boolean areIsolated() {
        return !site.startsWith("127.");
    }

    /** Address of a broker, HOST:PORT; its controller may have the next port. */
    String broker(int number) throws IOException {
        return areIsolated() ? Network.KAFKA.subnet + (10 + number) + ":" + KAFKA_PORT : site + ":" + freePorts(2);
    }

    /** Address of the cameras. */
    String cameras() {
        return areIsolated() ? Network.VIDEO.subnet + "2" : site;
    }

    /** The first of as many ports on the host of the cameras. */
    int cameraPort(int count) throws IOException {
        return areIsolated() ? FIRST_CAMERA_PORT : freePorts(count);
    }

    /** The first of so many ports in a row that nobody listens on. */
    private int freePorts(int count) throws IOException {
        while (true) {
            List<ServerSocket> sockets = new ArrayList<>();
            try {
                ServerSocket first = new ServerSocket(0, 1, InetAddress.getByName(site));
                sockets.add(first);
                for (int i = 1; i < count; i++) {
                    sockets.add(new ServerSocket(first.getLocalPort() + i, 1, InetAddress.getByName(site)));
                }
                return first.getLocalPort();
            } catch (IOException | IllegalArgumentException taken) {
                continue;
            } finally {
                for (ServerSocket socket : sockets) {
                    socket.close();
                }
            }
        }
    }

    /** Starts a Java class on a host; standard output and errors go to the log, or to the caller where there is none. */
    Process java(String host, Path folder, Path log, int heapMegabytes, List<String> command) throws IOException {
        List<String> all = new ArrayList<>();
        if (areIsolated()) {
            all.addAll(List.of("ip", "netns", "exec", site + "-" + host));
        }
        all.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heapMegabytes + "m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto"));
        Stream.of("helmwatch.home", "helmwatch.natives", "org.bytedeco.javacpp.cachedir")
                .filter(key -> System.getProperty(key) != null)
                .forEach(key -> all.add("-D" + key + "=" + System.getProperty(key)));
        all.addAll(List.of("-cp", System.getProperty("java.class.path")));
        all.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(all).directory(folder.toFile());
        if (log == null) {
            return builder.redirectError(ProcessBuilder.Redirect.appendTo(folder.resolve(host + ".log").toFile()))
                    .start();
        }
        return builder.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    /** Drops every packet between a host and a network, or none. */
    void cut(String host, Network network, boolean isCut) throws IOException, InterruptedException {
        if (!areIsolated()) {
            throw new IllegalStateException("a host on the loopback address cannot be cut off: run as root");
        }
        // The plug is pulled at the switch; the host's own link stays up, so that packets vanish and nobody is told.
        List<String> command = new ArrayList<>(
                List.of("ip", "link", "set", "dev", network.interfaceName() + "-" + host));
        command.addAll(isCut ? List.of("nomaster") : List.of("master", network.interfaceName()));
        Process process = new ProcessBuilder(command).inheritIO().start();
        if (process.waitFor() != 0) {
            throw new IllegalStateException(host + " cannot be cut off from " + network);
        }
    }
}
