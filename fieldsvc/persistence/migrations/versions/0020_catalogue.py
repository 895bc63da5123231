"""The value lists of after-sales service in English and Chinese."""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# list: code English/Chinese, …
SEEDS = {
    "channel": "phone Phone/电话, email E-mail/电子邮件, web Web/网站, app App/应用, social Social media/社交媒体, import Import/导入",
    "nature": "hardware Hardware/硬件, software Software/软件, network Network/网络, power Power/电源, sensor Sensor/传感器, "
    "installation Installation/安装, maintenance Maintenance/保养, consumable Consumable/耗材, delivery Delivery/配送, "
    "enquiry Enquiry/咨询, order_status Order status/订单状态, complaint Complaint/投诉, suggestion Suggestion/建议, "
    "return_exchange Return or exchange/退换货, account Account/账户, other Other/其他",
    "customer_kind": "person Person/个人, company Company/企业",
    "origin": "product Product/产品, misuse Misuse/使用不当, environment Environment/环境, installation Installation/安装, "
    "transport Transport/运输, unknown Unknown/未知",
    "urgency": "low Low/低, normal Normal/一般, high High/高, emergency Emergency/紧急",
    "urgency_factor": "time_sensitivity Time sensitivity/时间敏感度, scope_of_impact Scope of impact/影响范围, "
    "potential_loss Potential loss/潜在损失",
    "difficulty": "1 Simple/简单, 2 Medium/中等, 3 Hard/困难",
    "escalation_level": "service Service/客服, support Support/技术支持, engineering Engineering/工程",
    "waiting_reason": "customer Customer/客户, parts Parts/备件, third_party Third party/第三方",
    "resolution": "repaired Repaired/已修复, replaced Replaced/已更换, refunded Refunded/已退款, updated Updated/已更新, "
    "configured Configured/已设置, advised Advised/已指导, no_fault_found No fault found/未发现故障, redress Redress/补偿",
    "incomplete_reason": "part_missing Part missing/缺少备件, wrong_part Wrong part/备件不符, no_access No access/无法进入, "
    "skill Skill/技能不足, safety Safety/安全, time Time/时间不足, customer_refused Customer refused/客户拒绝, other Other/其他",
    "decline_reason": "too_far Too far/太远, skill Skill/技能不足, part Part/缺少备件, overlap Overlap/时间冲突, "
    "personal Personal/个人原因, safety Safety/安全, other Other/其他",
    "symptom": "no_function Does not work/无法工作, intermittent Works now and then/时好时坏, noise Noise/异响, leak Leak/泄漏, "
    "error_message Error message/报错, damage Damage/损坏",
    "cause": "wear Wear/磨损, defect Defective part/零件缺陷, setting Wrong setting/设置错误, misuse Misuse/使用不当, "
    "environment Environment/环境, unknown Unknown/未知",
    "action": "inspect Inspect/检查, replace_part Replace a part/更换零件, update Update/更新, reinstall Reinstall/重新安装, "
    "driver Driver/驱动程序, check_settings Check settings/检查设置, replace_device Replace the device/更换设备, "
    "battery Battery/电池, charger Charger/充电器, supply Power supply/电源, calibrate Calibrate/校准, replace Replace/更换, "
    "reconfigure Reconfigure/重新配置, advise Advise/指导",
    "return_reason": "quality Quality/质量, size Size/尺寸, colour Colour/颜色, not_as_described Not as described/与描述不符, "
    "changed_mind Changed mind/改变主意",
    "return_outcome": "repair Repair/维修, replace Replace/更换, refund Refund/退款, reject Reject/拒绝",
    "account_kind": "login_failed Login failed/登录失败, password_recovery Password recovery/找回密码, hijacked Hijacked/被盗用, "
    "permission Permission/权限, personal_data_change Personal data change/修改个人资料",
    "complaint_kind": "attitude Attitude/态度, response_time Response time/响应时间, process Process/流程, "
    "broken_promise Broken promise/未履行承诺, solution Solution/解决方案",
    "satisfaction_method": "online_form Online form/在线表单, phone_call Phone call/电话, message Message/消息, "
    "interview Interview/访谈",
    "message_node": "received Received/已受理, planned Planned/已安排, rescheduled Rescheduled/已改期, on_the_way On the way/在途, "
    "at_risk At risk/可能延误, done Done/已完成, please_sign Please sign/请签字, disputed Disputed/有异议, closed Closed/已关闭",
}


def upgrade() -> None:
    """Make the table and fill it."""
    table = op.create_table(
        "catalogue_values",
        sa.Column("list_name", sa.String(length=40), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_values")),
        sa.UniqueConstraint(
            "list_name", "category", "code", name=op.f("uq_catalogue_values_list_name_category_code")
        ),
    )
    op.bulk_insert(table, [row for name, values in SEEDS.items() for row in _rows(name, values)])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("catalogue_values")


def _rows(name: str, values: str) -> list[dict[str, object]]:
    rows = []
    for position, value in enumerate(values.split(", "), start=1):
        code, names = value.split(" ", 1)
        english, chinese = names.split("/")
        rows.append(
            {
                "id": uuid.uuid5(uuid.NAMESPACE_URL, f"urn:fieldsvc:catalogue:{name}:{code}"),
                "list_name": name,
                "category": "",
                "code": code,
                "name_en": english,
                "name_zh": chinese,
                "position": position,
                "is_active": True,
                "version": 1,
            }
        )
    return rows
