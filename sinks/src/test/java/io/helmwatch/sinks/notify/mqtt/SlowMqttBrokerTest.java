package io.helmwatch.sinks.notify.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.sinks.notify.NotifyMessage;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A broker that hangs for a while and goes on. */
@Timeout(30)
class SlowMqttBrokerTest {
    /** MQTT 5, 3.2: session not present, success, no properties. */
    private static final byte[] CONNACK = {0x20, 0x03, 0, 0, 0};

    @Test
    void shouldNotKeepAConnectionThatTheBrokerAcceptsAfterItWasGivenUp() throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            NotifyConfig.Mqtt target = new NotifyConfig.Mqtt(
                    "127.0.0.1", listener.getLocalPort(), false, null, null, null, "helmwatch", null);
            MqttNotifier notifier = new MqttNotifier(target, null, Duration.ofMillis(500));
            CompletableFuture<Integer> left = new CompletableFuture<>();
            Thread broker = new Thread(() -> answerLate(listener, left), "slow-broker");
            broker.setDaemon(true);
            broker.start();
            assertThatThrownBy(() -> notifier.deliver(List.of(NotifyMessage.test("guards", 1))))
                    .hasMessageContaining("did not answer within");
            assertThat(left.get(10, TimeUnit.SECONDS))
                    .as("bytes of the client before it closes: at most a DISCONNECT")
                    .isLessThanOrEqualTo(4);
            notifier.close();
        }
    }

    private static void answerLate(ServerSocket listener, CompletableFuture<Integer> left) {
        try (Socket socket = listener.accept()) {
            InputStream in = socket.getInputStream();
            byte[] buffer = new byte[1_024];
            int connect = in.read(buffer);
            assertThat(connect).isPositive();
            TimeUnit.MILLISECONDS.sleep(1_500);
            socket.getOutputStream().write(CONNACK);
            socket.getOutputStream().flush();
            socket.setSoTimeout(5_000);
            int bytes = 0;
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                bytes += read;
            }
            left.complete(bytes);
        } catch (Exception e) {
            left.completeExceptionally(e);
        }
    }
}
