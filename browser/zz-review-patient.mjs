import {demo,startBrowser,openPage,logIn,linkOf,answer,MOBILE} from "./zz-review-lib.mjs";
const b=await startBrowser(); const S=(p,n,full=true)=>p.screenshot({path:`/tmp/review/b/p-${n}.png`,fullPage:full,animations:"disabled"});
const T=async(n,f)=>{try{await f()}catch(e){console.log("FAIL",n,String(e).slice(0,400))}};
for(const js of [true,false]){
const p=await openPage(b,{viewport:{width:360,height:800},javaScriptEnabled:js}); const s=js?"js":"nojs";
const link=await linkOf(demo,p); await p.goto(link);
await T("q",async()=>{await S(p,`question-${s}`); await p.locator("#born-day").fill("31"); await p.locator("#born-month").fill("2"); await p.locator("#born-year").fill("84"); await p.getByRole("button",{name:/^Continue/}).click(); await S(p,`question-bad-${s}`); console.log((await p.locator("main").innerText()).slice(0,500)); await p.getByRole("button",{name:/^Continue/}).click(); await p.waitForTimeout(200); await S(p,`question-empty-${s}`);
 await p.goto(link); await p.locator("#born-day").fill("9"); await p.locator("#born-month").fill("March"); await p.locator("#born-year").fill("1984"); await p.getByRole("button",{name:/^Continue/}).click(); await p.waitForTimeout(300); console.log("month word:",(await p.locator("main").innerText()).slice(0,150)); });
await T("a",async()=>{ await p.goto(link); if(await p.locator("#born-day").count()) await answer(p); await p.locator("#checklist").waitFor(); await S(p,`today-${s}`,false); await p.getByRole("button",{name:/^Mark as done/}).first().click(); await p.waitForTimeout(300); await S(p,`ticked-${s}`); console.log(await p.locator("main").innerText());
 const hrefs=await p.locator("a").evaluateAll(a=>a.map(x=>x.innerText+" "+x.getAttribute("href"))); console.log(hrefs.join(" | ")); });
await T("es",async()=>{ await p.goto(link+"/contact"); await p.getByRole("button",{name:"Español"}).click(); await p.waitForTimeout(300); await S(p,`contact-es-${s}`); console.log(await p.locator("body").innerText()); await p.goto(link); await S(p,`today-es-${s}`); console.log(await p.locator("body").innerText()); await p.goto(link+"/next"); console.log(await p.locator("main").innerText()); 
 await p.goto(link+"/contact"); for(const n of [/Dejar|No más|Detener|Parar|Suspender/]){const x=p.getByRole("button",{name:n}); console.log("btns",await p.getByRole("button").allInnerTexts());}
 await p.getByRole("button",{name:"English"}).click(); });
await T("stop",async()=>{ await p.goto(link+"/contact"); await p.getByRole("button",{name:"Stop all e-mails"}).click(); await p.waitForTimeout(200); await S(p,`contact-stopped-${s}`); await p.getByRole("button",{name:"Stop all texts"}).click(); await p.getByRole("button",{name:"Stop all automated calls"}).click(); await p.getByRole("button",{name:"Start the break"}).click(); await p.waitForTimeout(200); await S(p,`contact-allstopped-${s}`); console.log((await p.locator("main").innerText()).slice(0,900)); for(const n of ["E-mail me again","Text me again","Call me again","End the break now"]) await p.getByRole("button",{name:n}).click(); });
await T("close",async()=>{ await p.goto(link); await p.getByRole("button",{name:/Close this page/}).click(); await p.waitForTimeout(300); await S(p,`closed-${s}`); await p.goto(link); await p.getByText("This is not me").click(); await p.waitForTimeout(200); await S(p,`notme-${s}`); console.log(await p.locator("body").innerText());
 });
await p.context().close(); }
await b.close();
