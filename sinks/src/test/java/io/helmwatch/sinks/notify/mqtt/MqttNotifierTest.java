package io.helmwatch.sinks.notify.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.sinks.notify.AnnouncedStreams;
import io.helmwatch.sinks.notify.NodeChange;
import io.helmwatch.sinks.notify.Notification;
import io.helmwatch.sinks.notify.NotifyException;
import io.helmwatch.sinks.notify.NotifyMessage;
import io.helmwatch.sinks.spool.Incidents;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against Mosquitto. */
class MqttNotifierTest {
    private static final Path MOSQUITTO = Path.of("/usr/sbin/mosquitto");

    @TempDir
    Path folder;

    private int port;
    private Process broker;

    @BeforeEach
    void start() throws Exception {
        assumeTrue(
                Files.isExecutable(MOSQUITTO), "there is no /usr/sbin/mosquitto: install Debian's package mosquitto");
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Files.writeString(folder.resolve("mosquitto.conf"), """
            listener %d 127.0.0.1
            allow_anonymous true
            persistence false
            """.formatted(port));
        startBroker();
    }

    private void startBroker() throws IOException {
        broker = new ProcessBuilder(
                        MOSQUITTO.toString(),
                        "-c",
                        folder.resolve("mosquitto.conf").toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("mosquitto.log").toFile())
                .start();
    }

    @AfterEach
    void stop() throws Exception {
        if (broker != null) {
            broker.destroy();
            broker.waitFor(5, TimeUnit.SECONDS);
        }
    }

    private NotifyConfig.Mqtt target() {
        return new NotifyConfig.Mqtt("127.0.0.1", port, false, null, null, null, "site/a", "homeassistant");
    }

    private static StreamConfig gate(String... rules) {
        return StreamConfig.of("gate.3", "rtsp://camera")
                .withRules(new StreamRulesConfig(
                        List.of(),
                        List.of(),
                        0,
                        Stream.of(rules)
                                .map(rule -> RuleConfig.of(rule, RuleConfig.Kind.NO_HELMET, List.of(), 0))
                                .toList()));
    }

    private MqttNotifier notifier() {
        AnnouncedStreams streams = new AnnouncedStreams();
        streams.put(gate("no-helmet-in-pit"));
        return new MqttNotifier(target(), null, streams);
    }

    private Notification open() {
        return open("spool", notifier());
    }

    private Notification open(String spool, MqttNotifier notifier) {
        return new Notification(
                NotifyConfig.of("house", target()),
                SpoolConfig.DEFAULT.withDirectory(folder.resolve(spool)),
                notifier,
                incident -> false,
                Clock.systemUTC());
    }

    /** A subscriber of everything, which keeps what it hears as "topic payload". */
    private List<String> listen() {
        List<String> heard = new CopyOnWriteArrayList<>();
        Mqtt5BlockingClient client =
                Mqtt5Client.builder().serverHost("127.0.0.1").serverPort(port).buildBlocking();
        await().atMost(30, TimeUnit.SECONDS).ignoreExceptions().until(() -> {
            client.connect();
            return true;
        });
        client.toAsync()
                .subscribeWith()
                .topicFilter("#")
                .callback(message -> heard.add(
                        message.getTopic() + " " + new String(message.getPayloadAsBytes(), StandardCharsets.UTF_8)))
                .send()
                .join();
        return heard;
    }

    private static Incident incident(int number, int revision, Incident.Phase phase) {
        return Incidents.bareHead("gate.3", number, revision, phase);
    }

    @Test
    void shouldSendIncidentsAndStatesAndHomeAssistant() throws Exception {
        List<String> heard = listen();
        try (Notification house = open()) {
            house.publish(incident(1, 0, Incident.Phase.START));
            house.publish(incident(2, 0, Incident.Phase.START));
            house.publish(incident(1, 1, Incident.Phase.END));
            house.publish(incident(2, 1, Incident.Phase.END));
            await().untilAsserted(() -> assertThat(states(heard)).containsExactly("ON", "ON", "ON", "OFF"));
            assertThat(heard).contains("site/a/availability online");
            assertThat(heard.stream().filter(line -> line.startsWith("site/a/gate.3/no-helmet-in-pit/incident {")))
                    .hasSize(4);
            String discovery = heard.stream()
                    .filter(line ->
                            line.startsWith("homeassistant/binary_sensor/helmwatch_gate_3_no-helmet-in-pit/config "))
                    .findFirst()
                    .orElseThrow();
            JsonNode sensor = new ObjectMapper().readTree(discovery.substring(discovery.indexOf('{')));
            assertThat(sensor.get("state_topic").asText()).isEqualTo("site/a/gate.3/no-helmet-in-pit/state");
            assertThat(sensor.get("availability_topic").asText()).isEqualTo("site/a/availability");
        }
        await().untilAsserted(() -> assertThat(heard).contains("site/a/availability offline"));
    }

    private static List<String> states(List<String> heard) {
        return heard.stream()
                .filter(line -> line.startsWith("site/a/gate.3/no-helmet-in-pit/state "))
                .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                .toList();
    }

    private static List<String> payloads(List<String> heard, String topic) {
        return heard.stream()
                .filter(line -> line.startsWith(topic + " "))
                .map(line -> line.substring(topic.length() + 1))
                .toList();
    }

    @Test
    void shouldKeepTheSensorOfAStreamThatMovesToAnotherNode() throws Exception {
        String config = "homeassistant/binary_sensor/helmwatch_gate_3_helmet/config";
        List<String> heard = listen();
        AnnouncedStreams ofA = new AnnouncedStreams();
        AnnouncedStreams ofB = new AnnouncedStreams();
        ofA.put(gate("helmet"));
        Notification a = open("a", new MqttNotifier(target(), "node-a", ofA));
        try (Notification b = open("b", new MqttNotifier(target(), "node-b", ofB))) {
            await().untilAsserted(() -> assertThat(payloads(heard, config))
                    .last()
                    .asString()
                    .contains("site/a/availability/node-a", "site/a/availability/node-b", "\"any\""));
            ofA.release("gate.3");
            ofB.put(gate("helmet"));
            int before = payloads(heard, config).size();
            await().untilAsserted(() -> assertThat(payloads(heard, config)).hasSizeGreaterThan(before));
            a.close();
            await().untilAsserted(() -> assertThat(heard).contains("site/a/availability/node-a offline"));
            assertThat(payloads(heard, config))
                    .allSatisfy(sensor -> assertThat(sensor).contains("\"unique_id\":\"helmwatch_gate_3_helmet\""))
                    .last()
                    .asString()
                    .contains("site/a/availability/node-b");
            assertThat(payloads(heard, "site/a/availability/node-b")).containsOnly("online");
        } finally {
            a.close();
        }
    }

    @Test
    void shouldFollowRulesThatAreChangedAndStreamsThatAreRemoved() {
        List<String> heard = listen();
        AnnouncedStreams streams = new AnnouncedStreams();
        try (Notification house = open("spool", new MqttNotifier(target(), null, streams))) {
            streams.put(gate("helmet", "crowd"));
            await().untilAsserted(() -> assertThat(
                            payloads(heard, "homeassistant/binary_sensor/helmwatch_gate_3_crowd/config"))
                    .hasSize(1));
            streams.put(gate("helmet"));
            await().untilAsserted(() -> assertThat(
                            payloads(heard, "homeassistant/binary_sensor/helmwatch_gate_3_crowd/config"))
                    .endsWith(""));
            streams.release("gate.3");
            streams.removeStream("gate.3");
            streams.put(gate("helmet"));
            streams.release("gate.3");
            streams.removeStream("gate.3");
            await().untilAsserted(() -> assertThat(
                            payloads(heard, "homeassistant/binary_sensor/helmwatch_gate_3_helmet/config"))
                    .endsWith(""));
            assertThat(heard).contains("site/a/gate.3/helmet/state ");
            assertThat(house.problem()).isEmpty();
        }
    }

    @Test
    void shouldSayThatItIsThereWhenTheBrokerDeclaresItGone() {
        List<String> heard = listen();
        try (Notification house = open()) {
            await().untilAsserted(() ->
                    assertThat(payloads(heard, "site/a/availability")).containsExactly("online"));
            Mqtt5BlockingClient other = Mqtt5Client.builder()
                    .serverHost("127.0.0.1")
                    .serverPort(port)
                    .buildBlocking();
            other.connect();
            other.publishWith()
                    .topic("site/a/availability")
                    .payload("offline".getBytes(StandardCharsets.UTF_8))
                    .retain(true)
                    .send();
            await().untilAsserted(() ->
                    assertThat(payloads(heard, "site/a/availability")).containsExactly("online", "offline", "online"));
            assertThat(house.problem()).isEmpty();
        }
    }

    @Test
    void shouldLeaveNothingOfATestAtTheBroker() throws Exception {
        List<String> heard = listen();
        try (MqttNotifier test = new MqttNotifier(target())) {
            test.deliver(List.of(NotifyMessage.test("house", 1)));
        }
        await().untilAsserted(() -> assertThat(payloads(heard, "site/a/test")).hasSize(1));
        assertThat(heard).hasSize(1);
    }

    @Test
    void shouldKeepWhetherANodeIsThere() {
        try (Notification house = open()) {
            house.publish(new NodeChange("site-a", "node-2", false, 1_000, 8));
            await().untilAsserted(
                            () -> assertThat(house.statistics().delivered()).isEqualTo(1));
            List<String> heard = listen();
            await().untilAsserted(() -> assertThat(heard).contains("site/a/nodes/node-2/connectivity OFF"));
            house.publish(new NodeChange("site-a", "node-2", true, 1_000, 0));
            await().untilAsserted(() -> assertThat(heard).contains("site/a/nodes/node-2/connectivity ON"));
        }
    }

    @Test
    void shouldLoseNothingWhileTheBrokerIsAway() throws Exception {
        try (Notification house = open()) {
            house.publish(incident(1, 0, Incident.Phase.START));
            await().untilAsserted(
                            () -> assertThat(house.statistics().delivered()).isEqualTo(1));
            broker.destroy();
            broker.waitFor();
            house.publish(incident(1, 1, Incident.Phase.END));
            await().untilAsserted(() -> assertThat(house.problem()).contains("127.0.0.1:" + port));
            startBroker();
            List<String> heard = listen();
            await().atMost(30, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(states(heard)).contains("OFF"));
            await().untilAsserted(() -> assertThat(house.statistics().waiting()).isZero());
            assertThat(house.problem()).isEmpty();
        }
    }

    @Test
    void shouldSayThatNoBrokerListens() throws Exception {
        broker.destroy();
        broker.waitFor();
        try (MqttNotifier notifier = notifier()) {
            NotifyException refused = catchThrowableOfType(
                    NotifyException.class, () -> notifier.deliver(List.of(NotifyMessage.test("house", 1))));
            assertThat(refused.isPermanent()).isFalse();
            assertThat(refused).hasMessageContaining("MQTT broker 127.0.0.1:" + port);
        }
    }
}
